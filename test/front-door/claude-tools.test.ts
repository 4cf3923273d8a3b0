/** The tools of clients in front of hum's worker for Claude Code's CLI: private, fast, never lost. */
import { describe, expect, it } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import { DeclaredTools } from '../../src/thrum/tools/declared-tools.js';
import { claude, type StepInput } from '../claude-bee/script.js';
import { type ClaudeWorld, startClaudeWorld } from '../claude-bee/world.js';
import { eventually } from '../eventually.js';

type Json = Readonly<Record<string, unknown>>;

const MODEL = 'claude-sonnet-4-6';
const parameters = { type: 'object', properties: { city: { type: 'string' } } };

/** What a tool of a test bridge is called on the mesh. */
async function meshName(name: string, description = ''): Promise<string> {
  const tools = new DeclaredTools({
    owner: 'fbee_test',
    configured: [],
    declare: () => undefined,
    letGoKept: () => false,
    now: () => 0,
  });
  const { clientNames } = await tools.use(
    [{ name, description, inputSchema: parameters }],
    0,
    new TurnAbort(),
  );
  return [...clientNames.keys()][0] ?? '';
}

const toolOf = (name: string) => ({ type: 'function', function: { name, parameters } });

async function chat(world: ClaudeWorld, messages: readonly Json[], names: readonly string[] = []) {
  const body = { model: MODEL, messages, ...(names.length > 0 ? { tools: names.map(toolOf) } : {}) };
  const response = await fetch(`${world.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const { choices, error } = Object(await response.json());
  return { response, message: Object(choices?.[0]?.message), error };
}

const user = (...steps: readonly StepInput[]) => ({ role: 'user', content: claude(...steps) });
const callsOf = (message: Json) => Object(message['tool_calls'] ?? []);
const resultOf = (message: Json, content: string, at = 0): Json => ({
  role: 'tool',
  tool_call_id: callsOf(message)[at].id,
  content,
});
/** The last process of each sid, in the order of the sids. */
const toolsSeen = (world: ClaudeWorld) =>
  [...new Set(world.bee.prompts.map(({ sid }) => String(sid)))].map((sid) => world.bee.tools(sid));

describe('a loop of a tool', () => {
  it('calls the client’s tool by the client’s name, and goes on in the same process', async () => {
    const world = await startClaudeWorld();
    const name = await meshName('get_weather');
    const question = user(
      { tool: { name, input: { city: 'Paris' } } },
      { tool: { name, input: { city: 'Rome' } } },
      { say_results: true },
    );
    const messages: Json[] = [question];
    let startsAfterFirst = 0;
    for (const [round, output] of ['21C', '25C'].entries()) {
      const { message } = await chat(world, messages, ['get_weather']);
      expect(callsOf(message)[0].function).toEqual({
        name: 'get_weather',
        arguments: JSON.stringify({ city: round === 0 ? 'Paris' : 'Rome' }),
      });
      if (round === 0) startsAfterFirst = world.bee.starts.length;
      messages.push(message, resultOf(message, output));
    }
    const { message } = await chat(world, messages, ['get_weather']);
    expect(message['content']).toContain('21C');
    expect(message['content']).toContain('25C');
    expect(world.bee.prompts).toHaveLength(1);
    expect(world.bee.starts).toHaveLength(startsAfterFirst);
    expect(world.bee.prompts[0]).not.toHaveProperty('tools');
    // One hello for the link, one for the new tool.
    expect(world.hellos).toHaveLength(2);
  });

  it('sends a result as output alone: a late `result` would be a new question', async () => {
    const world = await startClaudeWorld();
    const name = await meshName('get_weather');
    const question = user({ tool: { name } }, { say_results: true });
    const { message } = await chat(world, [question], ['get_weather']);
    await chat(world, [question, message, resultOf(message, '21C')], ['get_weather']);
    const [result] = world.sent.filter(({ chi }) => chi === 'tool-result');
    expect(result).toMatchObject({ output: '21C', toolName: name });
    expect(result).not.toHaveProperty('result');
  });
});

describe('who sees which tools', () => {
  it('each of several clients at once its own, and a chat none', async () => {
    const world = await startClaudeWorld();
    const all = [['alpha'], ['beta', 'gamma'], [], ['alpha', 'delta']];
    const answers = await Promise.all(
      all.map((names, index) => chat(world, [{ role: 'user', content: `who am I: ${index}` }], names)),
    );
    expect(answers.map(({ response }) => response.status)).toEqual([200, 200, 200, 200]);
    const wanted = await Promise.all(all.map((names) => Promise.all(names.map((name) => meshName(name)))));
    for (const [index] of all.entries()) {
      const prompts = world.bee.prompts.filter(({ content }) =>
        String(content).includes(`who am I: ${index}`),
      );
      // The answer that the client got is of the last process that was asked for it.
      const sid = String(prompts.at(-1)?.sid);
      expect([...world.bee.tools(sid)].sort()).toEqual([...(wanted[index] ?? [])].sort());
    }
  });

  it('a chat after an agent has none, and none of the worker’s own', async () => {
    const world = await startClaudeWorld();
    await chat(world, [{ role: 'user', content: 'agent' }], ['alpha']);
    const { message } = await chat(world, [{ role: 'user', content: 'chat' }]);
    expect(toolsSeen(world).at(-1)).toEqual([]);
    expect(JSON.parse(String(message['content']))).toMatchObject({ tools: [] });
  });

  it('a process that lists a tool too many is stopped before anything of it is given, and asked once more', async () => {
    const world = await startClaudeWorld();
    world.bee.hold('start');
    const first = chat(world, [user({ hold: 'model' }, { text: 'first' })], ['alpha']);
    await eventually(() => expect(world.bee.prompts).toHaveLength(1));
    // Another bee declares a tool while the process is starting: it lists that one, too.
    const other = await world.forager({
      hive: 'other',
      tools: [{ name: 'of_another_bee', inputSchema: parameters }],
    });
    other.send({ chi: 'prompt', rid: 'x', sid: 'other-sid', modelId: MODEL, content: 'hi', text: 'hi' });
    await eventually(() => expect(world.bee.prompts).toHaveLength(2));
    world.bee.release('start');
    const ownSids = () =>
      world.bee.prompts.filter(({ sid }) => sid !== 'other-sid').map(({ sid }) => String(sid));
    await eventually(() => expect(ownSids()).toHaveLength(2));
    world.bee.release('model');
    expect((await first).message['content']).toBe('first');
    const own = ownSids();
    expect(world.bee.tools(own.at(-1) ?? '')).toEqual([await meshName('alpha')]);
    expect(world.sent.filter(({ chi }) => chi === 'cancel').map(({ sid }) => sid)).toContain(own[0]);
  });

  it('a worker that lists its tools late is asked twice once, and then believed, which the answer says', async () => {
    const world = await startClaudeWorld({ bee: { lateMcp: true } });
    const ask = () => chat(world, [{ role: 'user', content: 'hi' }], ['alpha']);
    const first = await ask();
    expect([first.response.status, first.response.headers.get('x-hum-tools')]).toEqual([200, 'unconfirmed']);
    expect(world.bee.prompts).toHaveLength(2);
    const second = await ask();
    expect([second.response.status, second.response.headers.get('x-hum-tools')]).toEqual([
      200,
      'unconfirmed',
    ]);
    expect(world.bee.prompts).toHaveLength(3);
  });

  it('a tool of the worker that is not known yet is denied from then on', async () => {
    const world = await startClaudeWorld({ bee: { ownTools: ['Bash', 'BrandNew'] } });
    const { response, message } = await chat(world, [{ role: 'user', content: 'hi' }], ['alpha']);
    expect(response.status).toBe(200);
    expect(JSON.parse(String(message['content']))).toMatchObject({
      tools: [await meshName('alpha')],
    });
    expect(world.bee.prompts[1]?.['disallowedTools']).toContain('BrandNew');
    await chat(world, [{ role: 'user', content: 'again' }], ['alpha']);
    expect(world.bee.prompts).toHaveLength(3);
  });
});

describe('a call that has no client', () => {
  it('of a parked turn whose conversation goes on elsewhere gets an error at once, and later ones too', async () => {
    const world = await startClaudeWorld();
    const name = await meshName('alpha');
    const question = user({ tool: { name } }, { tool: { name } }, { text: 'done' });
    await chat(world, [question], ['alpha']);
    const sid = String(world.bee.prompts[0]?.sid);
    await chat(world, [
      question,
      { role: 'assistant', content: 'no' },
      { role: 'user', content: 'never mind' },
    ]);
    await eventually(() => expect(world.bee.process(sid).state).toBe('idle'));
    const refused = world.sent.filter((tone) => tone.chi === 'tool-result' && tone.sid === sid);
    expect(refused.map((tone) => tone['isError'])).toEqual([true, true]);
  });

  it('of a tool that nothing offers ends the turn with words that name it', async () => {
    const world = await startClaudeWorld();
    const stranger = await world.forager({
      hive: 'other',
      tools: [{ name: 'gone', inputSchema: parameters }],
    });
    stranger.send({ chi: 'prompt', rid: 'x', sid: 'other-sid', modelId: MODEL, content: 'hi', text: 'hi' });
    await eventually(() => expect(world.bee.prompts).toHaveLength(1));
    await stranger.close();
    const turn = await chat(world, [user({ tool: { name: 'gone' } })], ['alpha']);
    if (turn.response.status === 502) expect(JSON.stringify(turn.error)).toContain("'gone'");
    else expect(turn.response.status).toBe(200);
  });

  it('of a client that left is refused when its process is up, and the process is told to stop once more', async () => {
    const world = await startClaudeWorld();
    world.bee.hold('start');
    const controller = new AbortController();
    const body = JSON.stringify({
      model: MODEL,
      messages: [{ role: 'user', content: 'hi' }],
      tools: [toolOf('alpha')],
    });
    const answer = fetch(`${world.url}/v1/chat/completions`, {
      method: 'POST',
      body,
      signal: controller.signal,
    });
    await eventually(() => expect(world.bee.prompts).toHaveLength(1));
    controller.abort();
    await expect(answer).rejects.toThrow();
    const cancels = () => world.sent.filter(({ chi }) => chi === 'cancel').length;
    await eventually(() => expect(cancels()).toBe(1));
    world.bee.release('start');
    await eventually(() => expect(cancels()).toBe(2));
  });
});

describe('a worker that does not start', () => {
  it('is told within startTimeoutMs', async () => {
    const world = await startClaudeWorld({ bee: { startFails: true }, config: { startTimeoutMs: 100 } });
    const { response, error } = await chat(world, [{ role: 'user', content: 'hi' }]);
    expect(response.status).toBe(502);
    expect(error.message).toContain('has not started its model process within 0.1 s');
  });
});

describe('tools of the configuration', () => {
  it('are not sent a second time with a prompt: the model’s API refuses a name that stands twice', async () => {
    const declareTools = [
      { name: 'get_weather', description: '', inputSchema: { type: 'object', properties: {} } },
    ];
    const world = await startClaudeWorld({ config: { declareTools } });
    const question = user({ tool: { name: 'get_weather' } }, { say_results: true });
    const { message } = await chat(world, [question], ['get_weather']);
    expect(callsOf(message)[0].function.name).toBe('get_weather');
    const { message: answer } = await chat(
      world,
      [question, message, resultOf(message, '21C')],
      ['get_weather'],
    );
    expect(answer['content']).toContain('21C');
    expect(toolsSeen(world)).toEqual([['get_weather']]);
  });
});

describe('a conversation with a name', () => {
  const say = async (world: ClaudeWorld, messages: readonly Json[], names: readonly string[]) => {
    const body = { model: MODEL, messages, ...(names.length > 0 ? { tools: names.map(toolOf) } : {}) };
    const response = await fetch(`${world.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-hum-session': 'mine' },
      body: JSON.stringify(body),
    });
    return Object(await response.json()).choices[0].message;
  };
  const started = (world: ClaudeWorld) => world.bee.starts.length;

  it('goes on in its process with the same tools, and begins another one with others', async () => {
    const world = await startClaudeWorld();
    const messages: Json[] = [user({ text: 'one' })];
    messages.push(await say(world, messages, ['alpha']));
    const first = started(world);
    messages.push(user({ text: 'two' }));
    messages.push(await say(world, messages, ['alpha']));
    expect(started(world)).toBe(first);
    expect(world.bee.prompts.at(-1)?.['content']).toContain('two');
    messages.push(user({ text: 'three' }));
    await say(world, messages, ['alpha', 'beta']);
    expect(started(world)).toBeGreaterThan(first);
    expect(world.bee.tools(String(world.bee.prompts.at(-1)?.sid))).toHaveLength(2);
    messages.push({ role: 'assistant', content: 'three' }, user({ text: 'four' }));
    await say(world, messages, []);
    expect(world.bee.tools(String(world.bee.prompts.at(-1)?.sid))).toEqual([]);
  });
});

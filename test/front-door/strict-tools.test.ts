/** Strict tools: their calls fit the schema, are repaired once, or come with a word of it. On every surface that has them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import { createArgumentsCheck } from '../../src/turns/json-answers/answer-check.js';
import { claude } from '../claude-bee/script.js';
import { learnMeshName, startClaudeWorld } from '../claude-bee/world.js';
import { startUpstreamWorld } from '../upstream/upstream-world.js';
import { startScriptedWorker, type ScriptedTurn } from './scripted-worker.js';
import { LOOP_SURFACES, type LoopSurface } from './turn-surfaces.js';
import { startWorld, type World } from './world.js';

type Json = Readonly<Record<string, unknown>>;

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const GOOD = { city: 'Paris', days: 3 };
const BAD = { city: 'Paris', days: 'three' };
/** A humd that hands results to the worker that waits for them. */
const routing = { daemon: { routeUndeclaredToolResults: true } };
const HEADER = 'x-hum-unfit-calls';

const TOOLS: Readonly<Record<string, (strict: boolean, parameters?: unknown) => Json>> = {
  'chat completions': (strict, parameters = schema) => ({
    type: 'function',
    function: { name: 'look', parameters, strict },
  }),
  responses: (strict, parameters = schema) => ({ type: 'function', name: 'look', parameters, strict }),
  messages: (strict, parameters = schema) => ({ name: 'look', input_schema: parameters, strict }),
};
const SURFACES = LOOP_SURFACES.filter(({ name }) => name in TOOLS);

function ask(
  { name, ask: question }: LoopSurface,
  { strict, stream, parameters }: { strict?: boolean; stream?: boolean; parameters?: Json } = {},
) {
  return {
    ...question('How will it be?', stream ?? false),
    tools: [TOOLS[name]?.(strict ?? true, parameters)],
  };
}

function call(turn: ScriptedTurn, callId: string, args: unknown, name = 'look'): void {
  turn.send({ chi: 'tool-call', callId, name, toolName: name, args });
}

const post = (world: World, path: string, body: unknown) =>
  fetch(world.url + path, { method: 'POST', body: JSON.stringify(body) });

/** All arguments in an answer, whole or streamed, of every surface: as text without the escapes of the texts that they stand in. */
const plain = (text: string) => text.replaceAll('\\', '');

/** The thread that checks takes its time to start, and a prompt waits for it. */
beforeAll(async () => {
  await createArgumentsCheck({ name: 'look', inputSchema: schema }, new TurnAbort());
}, 60_000);

describe.each(SURFACES)('a strict tool on $name', (surface) => {
  const { path } = surface;

  it.each([false, true])('whose call fits is called at once (streamed: %s)', async (stream) => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const asked = post(world, path, ask(surface, { stream }));
    const turn = await worker.turn(0);
    turn.text('I look.');
    call(turn, 'one', GOOD);
    const response = await asked;
    const text = plain(await response.text());
    expect(text).toContain('I look.');
    expect(text).toContain('"days":3');
    expect(response.headers.get(HEADER)).toBeNull();
    expect(text).not.toContain(HEADER);
    expect(worker.turns).toHaveLength(1);
  });

  it.each([false, true])(
    'whose call does not fit is called again by the worker that waits (streamed: %s)',
    async (stream) => {
      const world = await startWorld(routing);
      const worker = await startScriptedWorker(world);
      const asked = post(world, path, ask(surface, { stream }));
      const turn = await worker.turn(0);
      turn.text('I look.');
      const result = turn.result('one');
      call(turn, 'one', BAD);
      const output = String(await result);
      expect(output).toContain('days must be integer');
      turn.text('Once more.');
      call(turn, 'two', GOOD);
      const response = await asked;
      const text = plain(await response.text());
      expect(response.status).toBe(200);
      expect(text).toContain('"days":3');
      expect(text).not.toContain('three');
      expect(text).toContain('Once more.');
      expect(text).not.toContain(HEADER);
      expect(response.headers.get(HEADER)).toBeNull();
      expect(worker.turns).toHaveLength(1);
    },
  );

  it('whose second call does not fit either is given, and the head says so', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    for (const [at, stream] of [false, true].entries()) {
      const asked = post(world, path, ask(surface, { stream }));
      const turn = await worker.turn(at);
      const result = turn.result('one');
      call(turn, 'one', BAD);
      await result;
      call(turn, 'two', { ...GOOD, unknown: true });
      const response = await asked;
      expect(response.headers.get(HEADER)).toBe('look');
      expect(plain(await response.text())).toContain('"unknown":true');
    }
  });

  it('whose unfit call comes when the head is gone has a comment in front of it', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const asked = post(world, path, ask(surface, { stream: true }));
    const turn = await worker.turn(0);
    turn.text('I look.');
    const response = await asked;
    const result = turn.result('one');
    call(turn, 'one', BAD);
    await result;
    call(turn, 'two', BAD);
    const text = await response.text();
    expect(text).toContain(`: ${HEADER}: look\n\n`);
    expect(plain(text)).toContain('three');
  });

  it('goes on with the result of the repaired call, in the same turn of the worker', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const question = ask(surface);
    const asked = post(world, path, question);
    const turn = await worker.turn(0);
    const refused = turn.result('one');
    call(turn, 'one', BAD);
    await refused;
    const result = turn.result('two');
    call(turn, 'two', GOOD);
    const answer = await (await asked).json();
    const brought = post(world, path, surface.bring(question, answer, 'sunny'));
    expect(await result).toBe('sunny');
    turn.text('It will be sunny.');
    turn.finish();
    expect(surface.text(await (await brought).json())).toContain('sunny');
    expect(worker.turns).toHaveLength(1);
  });

  it('whose schema is none is a 400 that names it', async () => {
    const world = await startWorld(routing);
    await startScriptedWorker(world);
    const response = await post(world, path, ask(surface, { parameters: { type: 'nothing' } }));
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/look.*type/);
  });

  it('that is not strict is called with anything', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const asked = post(world, path, ask(surface, { strict: false, parameters: { type: 'nothing' } }));
    call(await worker.turn(0), 'one', BAD);
    const response = await asked;
    expect(plain(await response.text())).toContain('three');
    expect(response.headers.get(HEADER)).toBeNull();
  });
});

describe('strict tools', () => {
  const [chat] = SURFACES;
  const loose = { type: 'function', function: { name: 'loose', parameters: { type: 'object' } } };

  it('are repaired with the calls beside them, of which the client hears once', async () => {
    if (chat === undefined) throw new Error('it is in the list');
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const asked = post(world, chat.path, { ...ask(chat), tools: [TOOLS['chat completions']?.(true), loose] });
    const turn = await worker.turn(0);
    const results = Promise.all([turn.result('one'), turn.result('other')]);
    call(turn, 'other', { any: 1 }, 'loose');
    call(turn, 'one', BAD);
    const [bad, other] = await results;
    expect(bad).toContain('must be integer');
    expect(other).toContain('not run');
    call(turn, 'again', { any: 1 }, 'loose');
    call(turn, 'two', GOOD);
    const answer = await (await asked).json();
    expect(chat.callIds(answer)).toHaveLength(2);
  });

  it('that the model gives up after the error are not called', async () => {
    if (chat === undefined) throw new Error('it is in the list');
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const asked = post(world, chat.path, ask(chat));
    const turn = await worker.turn(0);
    const result = turn.result('one');
    call(turn, 'one', BAD);
    await result;
    turn.text('I do not know.');
    turn.finish();
    const answer = Object(await (await asked).json());
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'I do not know.' },
    });
    expect(answer.choices[0].message.tool_calls).toBeUndefined();
  });

  it('count the input once, however often they are called', async () => {
    if (chat === undefined) throw new Error('it is in the list');
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const usages: { prompt_tokens: number }[] = [];
    for (const [at, first] of [GOOD, BAD].entries()) {
      const asked = post(world, chat.path, {
        ...ask(chat),
        messages: [{ role: 'user', content: 'long '.repeat(500) }],
      });
      const turn = await worker.turn(at);
      const result = turn.result('one');
      call(turn, 'one', first);
      if (first === BAD) {
        await result;
        call(turn, 'two', GOOD);
      } else result.catch(() => undefined);
      usages.push(Object(await (await asked).json()).usage);
    }
    const [once, repaired] = usages;
    expect(repaired?.prompt_tokens).toBeLessThan((once?.prompt_tokens ?? 0) * 1.5);
  });

  it('are called again in a new prompt where results do not reach a worker', async () => {
    if (chat === undefined) throw new Error('it is in the list');
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const asked = post(world, chat.path, ask(chat));
    call(await worker.turn(0), 'one', BAD);
    const again = await worker.turn(1);
    expect(again.prompt['content']).toContain('days must be integer');
    call(again, 'two', GOOD);
    expect(plain(await (await asked).text())).toContain('"days":3');
  });

  it('with a pattern that no linear engine has are checked for all else', async () => {
    if (chat === undefined) throw new Error('it is in the list');
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const parameters = {
      ...schema,
      properties: { ...schema.properties, city: { type: 'string', pattern: '^(?!Rome).*$' } },
    };
    const asked = post(world, chat.path, ask(chat, { parameters }));
    const turn = await worker.turn(0);
    const result = turn.result('one');
    call(turn, 'one', BAD);
    expect(await result).toContain('days must be integer');
    call(turn, 'two', GOOD);
    expect((await asked).status).toBe(200);
  });

  it.each(SURFACES)(
    'are strict for the server of an upstream too, and checked all the same: $name',
    async (surface) => {
      const { upstream, post: send } = await startUpstreamWorld();
      upstream.onChat = (answer) => {
        const isFirst = upstream.chats.length === 1;
        const called = { name: 'look', arguments: JSON.stringify(isFirst ? BAD : GOOD) };
        answer.delta({ content: isFirst ? 'I look.' : 'Once more.' });
        answer.delta({
          tool_calls: [{ index: 0, id: `call_${upstream.chats.length}`, type: 'function', function: called }],
        });
        answer.finish('tool_calls', { prompt_tokens: 100, completion_tokens: 10 });
      };
      const response = await send(surface.path, { ...ask(surface), model: 'llama3' });
      const answer = await response.json();
      expect(surface.callIds(answer)).toHaveLength(1);
      expect(plain(JSON.stringify(answer))).toContain('"days":3');
      const [first, second] = upstream.chats;
      expect(first?.body?.['tools']).toEqual([
        { type: 'function', function: { name: 'look', parameters: schema, strict: true } },
      ]);
      expect(second?.body?.['messages']).toMatchObject([
        { role: 'user' },
        { role: 'assistant', content: 'I look.', tool_calls: [{ id: 'call_1' }] },
        {
          role: 'tool',
          tool_call_id: 'call_1',
          content: expect.stringMatching(/^Error: 'look' was not run/),
        },
      ]);
      expect(JSON.stringify(answer)).toMatch(/(prompt|input)_tokens":100/);
    },
  );

  it('are repaired by hum’s worker for Claude Code in the process that called', async () => {
    if (chat === undefined) throw new Error('it is in the list');
    const world = await startClaudeWorld();
    const body = (content: string) => ({
      model: 'claude-sonnet-4-6',
      messages: [{ role: 'user', content }],
      tools: [TOOLS['chat completions']?.(true)],
    });
    const name = await learnMeshName(world, chat.path, body);
    const starts = world.bee.prompts.length;
    const script = claude({ tool: { name, input: BAD } }, { tool: { name, input: GOOD } }, { text: 'done' });
    const response = await world.post(chat.path, body(script));
    const answer = Object(await response.json());
    const [called] = answer.choices[0].message.tool_calls;
    expect(JSON.parse(called.function.arguments)).toEqual(GOOD);
    expect(world.bee.prompts).toHaveLength(starts + 1);
    expect(world.sent.filter(({ chi }) => chi === 'tool-result').at(-1)).toMatchObject({ isError: true });
  });
});

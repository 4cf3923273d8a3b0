/**
 * What hum asks of its own OpenAI server while that runs, asked of this one: models, texts, reasoning, order and numbers of events, and
 * that one conversation is one process of its worker.
 */
import { describe, expect, it } from 'vitest';
import { claude, type StepInput } from '../claude-bee/script.js';
import { type ClaudeWorld, startClaudeWorld } from '../claude-bee/world.js';
import { eventually } from '../eventually.js';
import { type Frame, readFrames } from '../http/openai/responses/frames.js';
import { parseStream } from './world.js';

const model = 'claude-haiku-4-5';
type Json = Readonly<Record<string, unknown>>;

const said = (role: 'user' | 'assistant', text: string) => ({
  role,
  content: [{ type: role === 'user' ? 'input_text' : 'output_text', text }],
});
const does = (...steps: readonly StepInput[]) => said('user', claude(...steps));

/** The events of a streamed response. */
async function stream(world: ClaudeWorld, input: readonly Json[], fields: Json = {}) {
  const response = await world.post('/v1/responses', { model, stream: true, input, ...fields });
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  return readFrames(text);
}

const ofType = (frames: readonly Frame[], type: string) => frames.filter((frame) => frame.type === type);
const doneItems = (frames: readonly Frame[], type: string) =>
  ofType(frames, 'response.output_item.done')
    .map(({ item }) => Object(item))
    .filter((item) => item.type === type);
const textOf = (frames: readonly Frame[]) =>
  ofType(frames, 'response.output_text.delta')
    .map(({ delta }) => delta)
    .join('');
/** Those that answered: for a new session the worker tries first to resume one that is not there. */
const processes = ({ bee }: ClaudeWorld) => bee.processes.filter(({ exitCode }) => exitCode !== 1).length;

describe('models and texts', () => {
  it('models has one of Claude, and each has an id', async () => {
    const { url } = await startClaudeWorld();
    const { data } = Object(await (await fetch(`${url}/v1/models`)).json());
    expect(data.map(({ id }: { id: string }) => id)).toContain(model);
  });

  it('a chat without tools ends in stop and [DONE], with text', async () => {
    const world = await startClaudeWorld();
    const messages = [{ role: 'user', content: claude({ text: 'ok!!' }) }];
    const response = await world.post('/v1/chat/completions', { model, stream: true, messages });
    const text = await response.text();
    const chunks = parseStream(text).map(({ choices }) => Object(choices)[0]);
    expect(chunks.map((choice) => choice?.delta?.content ?? '').join('')).toBe('ok!!');
    expect(chunks.flatMap((choice) => choice?.finish_reason ?? [])).toEqual(['stop']);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('a response without tools streams its text, and is completed at the end', async () => {
    const world = await startClaudeWorld();
    const frames = await stream(world, [does({ text: 'hello-responses' })]);
    expect(textOf(frames)).toBe('hello-responses');
    expect(frames.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { status: 'completed', usage: { total_tokens: expect.any(Number) } },
    });
  });

  it('a response repeats the metadata and the safety_identifier of its request', async () => {
    const world = await startClaudeWorld();
    const metadata = { tenant: 'one', kind: 'smoke' };
    const body = { model, input: [does({ text: 'ok' })], metadata, safety_identifier: 'user-7' };
    expect(await (await world.post('/v1/responses', body)).json()).toMatchObject({
      metadata,
      safety_identifier: 'user-7',
    });
  });
});

describe('the events of a response', () => {
  it('are numbered from 0 without a gap, and begin with created and in_progress', async () => {
    const world = await startClaudeWorld();
    const frames = await stream(world, [does({ think: 'Hm.' }, { text: 'Hi.' })]);
    expect(frames.map(({ sequence_number }) => sequence_number)).toEqual([...frames.keys()]);
    expect(frames.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress']);
  });

  it('tell the reasoning as a summary, with its part around it', async () => {
    const world = await startClaudeWorld();
    const frames = await stream(world, [does({ think: 'Eight by nine.' }, { text: '72' })]);
    expect(doneItems(frames, 'reasoning')).toMatchObject([{ summary: [{ text: 'Eight by nine.' }] }]);
    const types = frames.map(({ type }) => type).filter((type) => type.startsWith('response.reasoning'));
    expect([...new Set(types)]).toEqual([
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
    ]);
  });

  it('tell the reasoning as it is to a request that asks for that, and not as a summary besides', async () => {
    const world = await startClaudeWorld();
    const frames = await stream(world, [does({ think: 'Eight by nine.' }, { text: '72' })], {
      include: ['reasoning.content'],
    });
    const deltas = ofType(frames, 'response.reasoning_text.delta').map(({ delta }) => delta);
    expect(deltas.join('')).toBe('Eight by nine.');
    expect(doneItems(frames, 'reasoning')).toMatchObject([
      { content: [{ text: 'Eight by nine.' }], summary: [] },
    ]);
    expect(frames.filter(({ type }) => type.includes('summary'))).toEqual([]);
  });

  it('of a chat tell the reasoning as reasoning_content', async () => {
    const world = await startClaudeWorld();
    const messages = [{ role: 'user', content: claude({ think: 'Five by six.' }, { text: '30' }) }];
    const response = await world.post('/v1/chat/completions', { model, stream: true, messages });
    const thoughts = parseStream(await response.text()).map(
      ({ choices }) => Object(choices)[0]?.delta?.reasoning_content ?? '',
    );
    expect(thoughts.join('')).toBe('Five by six.');
  });
});

describe('one conversation is one process', () => {
  it('by its whole history, with nothing that names it', async () => {
    const world = await startClaudeWorld();
    const first = does({ text: 'ack' });
    await stream(world, [first]);
    expect(processes(world)).toBe(1);
    const frames = await stream(world, [first, said('assistant', 'ack'), does({ text: 'the root' })]);
    expect(textOf(frames)).toBe('the root');
    expect(processes(world)).toBe(1);
  });

  it('by previous_response_id, with the news alone', async () => {
    const world = await startClaudeWorld();
    const [created] = await stream(world, [does({ text: 'one' })]);
    const previous_response_id = Object(created?.['response']).id;
    expect(previous_response_id).toMatch(/^resp_/);
    const frames = await stream(world, [does({ text: 'two' })], { previous_response_id });
    expect(textOf(frames)).toBe('two');
    expect(processes(world)).toBe(1);
  });

  it('by a name in a header, turn by turn', async () => {
    const world = await startClaudeWorld();
    const history: Json[] = [];
    for (const word of ['one', 'two', 'three']) {
      history.push(does({ text: word }));
      const response = await fetch(`${world.url}/v1/responses`, {
        method: 'POST',
        headers: { 'x-session-affinity': 'affinity-1' },
        body: JSON.stringify({ model, stream: true, input: history }),
      });
      expect(textOf(readFrames(await response.text()))).toBe(word);
      history.push(said('assistant', word));
    }
    expect(processes(world)).toBe(1);
  });

  it('and many conversations leave no more processes than the worker has places for', async () => {
    const world = await startClaudeWorld();
    for (let n = 0; n < 12; n++) await stream(world, [does({ text: `turn-${n}` })]);
    await eventually(() => {
      const alive = world.bee.processes.filter(({ state }) => state !== 'ended');
      expect(alive.length).toBeLessThanOrEqual(8);
    });
  });
});

/** A bee that lends the worker tools as hum's for files does, over a folder that is a map; and a bridge whose workers may use them. */
async function startWithFiles() {
  const world = await startClaudeWorld({ config: { workerTools: 'mesh' } });
  const files = new Map([['/etc/hostname', 'canary\n']]);
  const parameters = { type: 'object', properties: {} };
  const names = ['humfs_read', 'humfs_do_noncode', 'humfs_do_code', 'humfs_bash'];
  const bee = await world.forager({
    hive: 'humfs',
    tools: names.map((name) => ({ name, inputSchema: parameters })),
  });
  void (async () => {
    for (;;) {
      const { sid, callId, toolName, args } = await bee.next(({ chi }) => chi === 'tool-call', 60_000);
      bee.send({ chi: 'tool-result', sid, callId, ...run(String(toolName), Object(args), files) });
    }
  })().catch(() => undefined);
  return { world, files };
}

function run(tool: string, args: Record<string, string>, files: Map<string, string>) {
  const { path = '', content = '', from = '', to = '', command = '' } = args;
  const known = files.get(path);
  switch (tool) {
    case 'humfs_do_noncode':
      files.set(path, content);
      return { output: 'written' };
    case 'humfs_bash':
      return { output: command.replace('echo ', '') };
    default: {
      if (known === undefined) return { output: `there is no ${path}`, isError: true };
      if (tool === 'humfs_read') return { output: known };
      files.set(path, known.replace(from, to));
      return { output: 'changed' };
    }
  }
}

describe('tools of other bees that the worker calls', () => {
  it('are mcp_call items with a label, a name, arguments and an output, and what they do is done', async () => {
    const { world, files } = await startWithFiles();
    const input = { path: '/tmp/a.md', content: 'MARK' };
    const frames = await stream(world, [
      does({ text: 'Writing.' }, { tool: { name: 'humfs_do_noncode', input } }, { text: 'Done.' }),
    ]);
    expect(files.get('/tmp/a.md')).toBe('MARK');
    const [call] = doneItems(frames, 'mcp_call');
    expect(call).toMatchObject({
      server_label: expect.stringMatching(/./),
      name: 'humfs_do_noncode',
      output: 'written',
      status: 'completed',
      error: null,
    });
    expect(JSON.parse(call.arguments)).toEqual(input);
    expect(frames.at(-1)).toMatchObject({ type: 'response.completed' });
  });

  it.each([
    ['humfs_read', { path: '/etc/hostname' }, 'canary\n'],
    ['humfs_do_code', { path: '/etc/hostname', from: 'canary', to: 'robin' }, 'changed'],
    ['humfs_bash', { command: 'echo BASH_1' }, 'BASH_1'],
  ])('bring the output of %s to the client and to the model', async (name, input, output) => {
    const { world } = await startWithFiles();
    const frames = await stream(world, [does({ tool: { name, input } }, { say_results: true })]);
    expect(doneItems(frames, 'mcp_call')).toMatchObject([{ name, output }]);
    expect(textOf(frames)).toContain(output.trim());
  });

  it('that fail are failed calls, and the response goes on', async () => {
    const { world } = await startWithFiles();
    const call = { name: 'humfs_read', input: { path: '/none' } };
    const frames = await stream(world, [does({ tool: call }, { text: 'It is not there.' })]);
    expect(doneItems(frames, 'mcp_call')).toMatchObject([
      { status: 'failed', output: null, error: expect.stringContaining('there is no /none') },
    ]);
    expect(textOf(frames)).toBe('It is not there.');
  });

  it('that a client sends back with its history stay the conversation of one process', async () => {
    const { world } = await startWithFiles();
    const first = does(
      { tool: { name: 'humfs_read', input: { path: '/etc/hostname' } } },
      { text: 'canary' },
    );
    // A session whose worker may use tools goes on under a name alone.
    const settings = { store: false, prompt_cache_key: 'conversation-1' };
    const { output } = Object(
      await (await world.post('/v1/responses', { model, input: [first], ...settings })).json(),
    );
    expect(output.map(({ type }: { type: string }) => type)).toEqual(['mcp_call', 'message']);
    const frames = await stream(world, [first, ...output, does({ text: 'again' })], settings);
    expect(textOf(frames)).toBe('again');
    expect(processes(world)).toBe(1);
  });
});

/** The WebSocket client of the newest `openai` from npm, and the lanes that it lays on one connection. */
import { randomUUID } from 'node:crypto';
import OpenAI, { type ClientOptions } from 'openai';
import { toResponseInputItems } from 'openai/lib/responses/ResponseInputItems';
import { ResponsesWebSocketSession } from 'openai/lib/responses/responses-websocket-session';
import type { ResponseInput, ResponsesServerEvent, Tool } from 'openai/resources/responses/responses';
import { ResponsesWS, type ResponsesWSReconnectOptions } from 'openai/resources/responses/ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../eventually.js';
import { startWorld } from '../../front-door/world.js';
import { script, startEmbeddedBridge } from '../embedded-bridge.js';

const model = 'claude-sonnet-4';
const weather: Tool = {
  type: 'function',
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
};
const paris = { name: 'get_weather', args: { city: 'Paris' } };
const LANES = { maxLanes: 8, maxBufferedEvents: 10_000, maxBufferedBytes: 10_000_000 };

interface Options extends ClientOptions {
  readonly url: string;
  readonly reconnect?: ResponsesWSReconnectOptions;
}

/** An open connection, and one lane of it for each name; undefined is the lane of messages without a name. */
async function connect({ url, reconnect, ...options }: Options) {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, ...options });
  const socket = new ResponsesWS(openai, { reconnect: reconnect ?? null });
  onTestFinished(() => socket.close());
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  const session = new ResponsesWebSocketSession(socket, LANES);
  await new Promise<void>((resolve, reject) => {
    socket.socket.on('open', resolve);
    socket.on('close', (code, reason) => reject(new Error(`closed: ${code} ${reason}`)));
    socket.on('error', reject);
  });
  return { openai, socket, session, errors, lane: session.lane() };
}

async function start(env: Readonly<Record<string, string>> = {}) {
  const bridge = await startEmbeddedBridge(env);
  return { bridge, ...(await connect({ url: bridge.url })) };
}

describe('a session with tools', () => {
  it('goes on from each response, with nothing stored', async () => {
    const { lane, openai } = await start();
    const settings = { model, store: false, tools: [weather] };
    lane.create({ ...settings, input: script({ reason: ['Hm.'], say: ['Looking.'], tools: [paris] }) });
    const first = await lane.finalResponse();
    expect(first.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call']);
    const called = first.output.at(-1);
    if (called?.type !== 'function_call') expect.fail('no tool was called');
    lane.create({
      ...settings,
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: called.call_id, output: '21C' }],
    });
    const second = await lane.finalResponse();
    expect(second).toMatchObject({ output_text: '21C', previous_response_id: first.id });
    lane.create({ ...settings, previous_response_id: second.id, input: 'Thanks.' });
    expect((await lane.finalResponse()).output_text).toBe('Thanks.');
    await expect(openai.responses.retrieve(second.id)).rejects.toMatchObject({ status: 404 });
  });

  it('begins with a response that is not generated', async () => {
    const { lane } = await start();
    lane.create({ model, store: false, generate: false, instructions: 'Be brief.', input: 'one' });
    const warm = await lane.finalResponse();
    expect(warm).toMatchObject({ status: 'completed', output: [], output_text: '' });
    lane.create({ model, store: false, previous_response_id: warm.id, input: 'two' });
    expect((await lane.finalResponse()).output_text).toBe('two');
  });

  it('is one with event streams where responses are stored', async () => {
    const { lane, openai } = await start();
    lane.create({ model, input: 'one' });
    const first = await lane.finalResponse();
    const second = await openai.responses.create({ model, previous_response_id: first.id, input: 'two' });
    lane.create({ model, previous_response_id: second.id, input: 'three' });
    const third = await lane.finalResponse();
    expect(third).toMatchObject({ output_text: 'three', previous_response_id: second.id });
    expect(await openai.responses.retrieve(third.id)).toMatchObject({ output: third.output });
  });

  it('goes out as its news alone to a worker that remembers', async () => {
    const world = await startWorld({ statefulness: 'stateful_session' });
    const { lane } = await connect({ url: world.url });
    let previous: string | null = null;
    for (const input of ['one', 'two', 'three']) {
      lane.create({ model, store: false, input, previous_response_id: previous });
      previous = (await lane.finalResponse()).id;
    }
    const prompts = world.sentOf('prompt');
    expect(prompts.map((tone) => tone['content'])).toEqual(['one', 'two', 'three']);
    expect(new Set(prompts.map(({ sid }) => sid)).size).toBe(1);
  });
});

describe('lanes', () => {
  it('have their own responses on one connection, and go on from one another', async () => {
    const { session } = await start();
    const [left, right] = ['left', 'right.2'].map((name) => session.lane(name));
    if (left === undefined || right === undefined) expect.fail('there are two');
    left.create({ model, store: false, input: script({ n: 20, ms: 5 }) });
    right.create({ model, store: false, input: 'from the right' });
    const [first, second] = await Promise.all([left.finalResponse(), right.finalResponse()]);
    expect(first.output_text).toContain('t19');
    expect(second.output_text).toBe('from the right');
    right.create({ model, store: false, previous_response_id: first.id, input: 'and on' });
    expect(await right.finalResponse()).toMatchObject({
      output_text: 'and on',
      previous_response_id: first.id,
    });
  });

  it('have their own errors', async () => {
    const { session, lane } = await start();
    const named = session.lane('named');
    named.create({ model: 'nope', input: 'hi' });
    lane.create({ model, input: 'hi' });
    await expect(named.finalResponse()).rejects.toMatchObject({
      error: { type: 'error', status: 404, stream_id: 'named', error: { code: 'model_not_found' } },
    });
    expect((await lane.finalResponse()).output_text).toBe('hi');
  });
});

describe('errors', () => {
  it('come as events with a status, and the connection goes on', async () => {
    const { lane, socket } = await start();
    const cases: readonly [object, object][] = [
      [{ model: 'nope' }, { status: 404, error: { code: 'model_not_found', param: 'model' } }],
      [{ temperature: 9 }, { status: 400, error: { param: 'temperature', type: 'invalid_request_error' } }],
      [
        { previous_response_id: 'resp_none' },
        { status: 400, error: { code: 'previous_response_not_found' } },
      ],
      [{ input: [] }, { status: 400, error: { param: 'input' } }],
      [{ input: script({ error: { message: 'it broke' } }) }, { status: 502 }],
    ];
    for (const [fields, error] of cases) {
      lane.create({ model, input: 'hi', ...fields });
      await expect(lane.finalResponse()).rejects.toMatchObject({ error: { type: 'error', ...error } });
    }
    socket.sendRaw('{');
    await expect(lane.receive()).resolves.toMatchObject({ type: 'error', status: 400 });
    socket.send({ type: 'response.steer', previous_response_id: 'resp_1', input: 'now' });
    await expect(lane.receive()).resolves.toMatchObject({ type: 'error', status: 400 });
    lane.create({ model, input: 'hi' });
    expect((await lane.finalResponse()).output_text).toBe('hi');
  });

  it('of a response that runs are response.failed', async () => {
    const { lane } = await start();
    const input = script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error: { message: 'it broke' } });
    lane.create({ model, input });
    expect(await lane.finalResponse()).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: 'it broke' },
    });
  });

  it('are a connection that is refused: without the key, and where WebSockets are switched off', async () => {
    const apiKey = randomUUID();
    const guarded = await startEmbeddedBridge({ OLLAMA_SERVER_API_KEY: apiKey });
    await expect(connect({ url: guarded.url, apiKey: 'wrong' })).rejects.toThrow('401');
    const { lane } = await connect({ url: guarded.url, apiKey });
    lane.create({ model, input: 'hi' });
    expect((await lane.finalResponse()).output_text).toBe('hi');
    const off = await startEmbeddedBridge({ OLLAMA_SERVER_WEB_SOCKETS: 'false' });
    await expect(connect({ url: off.url })).rejects.toThrow('426');
  });

  it('of a limit name the time to wait', async () => {
    const { lane } = await start({ OLLAMA_SERVER_REQUESTS_PER_MINUTE: '1' });
    lane.create({ model, input: 'hi' });
    const answers: unknown[] = [await lane.finalResponse().catch(({ error }) => error)];
    lane.create({ model, input: 'hi' });
    answers.push(await lane.finalResponse().catch(({ error }) => error));
    expect(answers.at(-1)).toMatchObject({
      status: 429,
      error: { code: 'rate_limit_exceeded' },
      headers: { 'retry-after': expect.any(String) },
    });
  });
});

describe('an end', () => {
  it('of the connection stops the worker, and what was not stored is gone with it', async () => {
    const { bridge, socket, lane } = await start();
    lane.create({ model, store: false, input: 'one' });
    const { id } = await lane.finalResponse();
    lane.create({ model, input: script({ n: 10_000, ms: 5 }) });
    await eventually(() => expect(bridge.nest.runningTurns).toBe(1));
    socket.close();
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
    const again = await connect({ url: bridge.url });
    again.lane.create({ model, store: false, previous_response_id: id, input: 'two' });
    await expect(again.lane.finalResponse()).rejects.toMatchObject({
      error: { status: 400, error: { code: 'previous_response_not_found' } },
    });
  });

  it('of the bridge comes behind the answer that runs, and the client may reconnect', async () => {
    const bridge = await startEmbeddedBridge({ OLLAMA_SERVER_DRAIN_MS: '5000' });
    const reconnecting: number[] = [];
    const { socket, lane } = await connect({
      url: bridge.url,
      reconnect: {
        maxRetries: 1,
        initialDelay: 1,
        onReconnecting: ({ closeCode }) => void reconnecting.push(closeCode),
      },
    });
    lane.create({ model, input: script({ n: 20, ms: 10 }) });
    await eventually(() => expect(bridge.nest.runningTurns).toBe(1));
    const events: ResponsesServerEvent[] = [];
    socket.on('event', (event) => events.push(event));
    await bridge.close();
    await eventually(() => expect(reconnecting.at(0)).toBe(1001));
    expect(events.at(-1)?.type).toBe('response.completed');
  });
});

describe('compaction', () => {
  const history: ResponseInput = [
    { role: 'user', content: 'Name the city.' },
    { role: 'assistant', content: 'Paris.' },
    { role: 'user', content: 'Remember it.' },
  ];

  it('by a trigger gives one item, which a later response and another connection go on from', async () => {
    const world = await startWorld();
    const { lane, openai } = await connect({ url: world.url });
    lane.create({ model, store: false, input: [...history, { type: 'compaction_trigger' }] });
    const compacted = await lane.finalResponse();
    expect(compacted.output).toMatchObject([{ type: 'compaction', encrypted_content: expect.any(String) }]);
    lane.create({ model, store: false, previous_response_id: compacted.id, input: 'Go on.' });
    expect((await lane.finalResponse()).output_text).toBe('Go on.');
    const told = String(world.sentOf('prompt').at(-1)?.['content']);
    expect(told).toContain('Summarise this conversation');
    expect(told).not.toContain('Paris.');
    const other = await connect({ url: world.url });
    const input: ResponseInput = [
      ...toResponseInputItems(compacted.output),
      { role: 'user', content: 'Hi.' },
    ];
    other.lane.create({ model, store: false, input });
    expect((await other.lane.finalResponse()).output_text).toBe('Hi.');
    expect((await openai.responses.create({ model, input })).output_text).toBe('Hi.');
  });

  it('by its route goes on over the connection', async () => {
    const { lane, openai } = await start();
    const { output } = await openai.responses.compact({ model, input: history });
    lane.create({
      model,
      store: false,
      input: [...toResponseInputItems(output), { role: 'user', content: 'Hi.' }],
    });
    expect((await lane.finalResponse()).output_text).toBe('Hi.');
  });
});

/** OpenAI's own WebSocket client, in front of the embedded daemon. */
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { openWebSocketClient } from '../http/open-web-socket.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const model = 'claude-sonnet-4';
const weather = {
  type: 'function' as const,
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
};

async function start(env: Readonly<Record<string, string>> = {}) {
  const bridge = await startEmbeddedBridge(env);
  const openai = new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any', maxRetries: 0 });
  const socket = new ResponsesWS(openai);
  onTestFinished(() => socket.close());
  return { bridge, socket, events: socket.stream()[Symbol.asyncIterator]() };
}

type Events = Awaited<ReturnType<typeof start>>['events'];

/** The response that the next terminal event holds, and the types of all events before. */
async function finish(events: Events) {
  const types: string[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done || value.type === 'close') expect.fail('the connection is closed');
    if (value.type === 'error') throw value.error;
    if (value.type !== 'message') continue;
    types.push(value.message.type);
    if (value.message.type === 'response.completed') return { types, response: value.message.response };
  }
}

describe("npm openai's WebSocket client", () => {
  it('has turns with a tool on one connection, each going on from the last', async () => {
    const { socket, events } = await start();
    const input = script({ say: ['Looking.'], tools: [{ name: 'get_weather', args: { city: 'Paris' } }] });
    socket.send({ type: 'response.create', model, store: false, tools: [weather], input });
    const first = await finish(events);
    expect(first.types.at(0)).toBe('response.created');
    expect(first.response.output).toMatchObject([
      { type: 'message' },
      { type: 'function_call', name: 'get_weather', arguments: '{"city":"Paris"}' },
    ]);
    const called = first.response.output[1];
    if (called?.type !== 'function_call') expect.fail('no tool was called');
    socket.send({
      type: 'response.create',
      model,
      store: false,
      tools: [weather],
      previous_response_id: first.response.id,
      input: [{ type: 'function_call_output', call_id: called.call_id, output: '21C' }],
    });
    const second = await finish(events);
    expect(second.response.output).toMatchObject([{ type: 'message', content: [{ text: '21C' }] }]);
  });

  it('is told of an unknown model, and goes on', async () => {
    const { socket, events } = await start();
    socket.send({ type: 'response.create', model: 'nope', input: 'hi' });
    await expect(finish(events)).rejects.toMatchObject({
      error: { type: 'error', status: 404, error: { code: 'model_not_found' } },
    });
    socket.sendRaw(JSON.stringify({ type: 'response.create', model: 'nope', input: 'hi', generate: false }));
    await expect(finish(events)).rejects.toMatchObject({ error: { status: 404 } });
    socket.send({ type: 'response.create', model, input: 'hi' });
    expect((await finish(events)).response.status).toBe('completed');
  });

  it('stops the worker when it closes its connection', async () => {
    const { bridge, socket } = await start();
    socket.send({ type: 'response.create', model, input: script({ n: 10_000, ms: 5 }) });
    await eventually(() => expect(bridge.nest.runningTurns).toBe(1));
    socket.close();
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });

  it('costs the bridge nothing but its turn when it closes its connection while much is written to it', async () => {
    const { bridge, socket } = await start();
    const { url } = bridge;
    const others = await Promise.all(
      Array.from({ length: 20 }, () => openWebSocketClient(`${url}/v1/responses`)),
    );
    const asked = { type: 'response.create' as const, model, input: script({ n: 20_000, ms: 1 }) };
    for (const other of others) other.send(asked);
    socket.send(asked);
    await Promise.all(others.map((other) => other.until('response.output_text.delta')));
    for (const other of others) other.close();
    socket.close();
    await eventually(() => expect(bridge.nest.openSids).toBe(0), 20_000);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('has its answer to the end while the bridge stops, and is closed behind it', async () => {
    const { bridge, socket, events } = await start({ OLLAMA_SERVER_DRAIN_MS: '5000' });
    socket.send({ type: 'response.create', model, input: script({ n: 20, ms: 10 }) });
    await eventually(() => expect(bridge.nest.runningTurns).toBe(1));
    const closing = bridge.close();
    expect((await finish(events)).response.status).toBe('completed');
    let last = await events.next();
    while (!last.done && last.value.type !== 'close') last = await events.next();
    expect(last.value).toMatchObject({ type: 'close', code: 1001 });
    await closing;
  });
});

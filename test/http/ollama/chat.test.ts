import { EventEmitter, once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { whenAborted } from '../when-aborted.js';
import { JSON_TYPE, linesOf, post } from './ask-server.js';
import { finish, hello, saying, startServer } from './scripted-server.js';

const unknownModel: Event = {
  type: 'fault',
  fault: new Fault('model-not-found', 'unknown', { param: 'nope' }),
};

function ask(content: string) {
  return [{ role: 'user', content }];
}

describe('/api/chat', () => {
  it('streams unless told otherwise', async () => {
    const server = await startServer(() => saying(hello, [finish]));
    const response = await post(`${server.url}/api/chat`, { model: 'm', messages: ask('hi') });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await linesOf(response)).toMatchObject([
      { model: 'm', message: { role: 'assistant', content: 'hello' }, done: false },
      { model: 'm', message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' },
    ]);
    expect(server.requests).toMatchObject([
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
    ]);
  });

  it('answers whole with stream false, and repeats the name that the client wrote', async () => {
    const server = await startServer(() => saying(hello, [finish]));
    const body = { model: 'M:latest', messages: ask('hi'), stream: false };
    const response = await post(`${server.url}/api/chat`, body);
    expect(response.headers.get('content-type')).toBe(JSON_TYPE);
    expect(await response.json()).toMatchObject({
      model: 'M:latest',
      message: { role: 'assistant', content: 'hello' },
      done: true,
      prompt_eval_count: 3,
      eval_count: 2,
    });
  });

  it.each([true, false])('turns a fault that comes first into a status (stream: %j)', async (stream) => {
    const server = await startServer(() => saying([{ type: 'ready' }], [unknownModel]));
    const response = await post(`${server.url}/api/chat`, { model: 'nope', messages: ask('hi'), stream });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe(JSON_TYPE);
    expect(await response.text()).toBe(`{"error":"model 'nope' not found"}`);
  });

  it('tells a later fault within the stream', async () => {
    const fault = new Fault('link-lost', 'the link broke');
    const server = await startServer(() => saying(hello, [{ type: 'fault', fault }]));
    const response = await post(`${server.url}/api/chat`, { model: 'm', messages: ask('hi') });
    expect(response.status).toBe(200);
    expect((await linesOf(response)).at(-1)).toEqual({ error: 'the link broke' });
  });

  it.each([
    ['', 'missing request body'],
    ['{"model":', 'unexpected EOF'],
    ['[]', 'json: cannot unmarshal array into Go value of type api.ChatRequest'],
    ['null', 'model is required'],
    ['{"messages":[{"content":"x"}]}', 'model is required'],
    ['{"model":"m","keep_alive":"10"}', 'time: missing unit in duration "10"'],
    [
      '{"model":"m","messages":[{"content":"x"}],"options":{"temperature":"x"}}',
      'option "temperature" must be of type float32',
    ],
  ])('refuses %j before any worker is asked', async (body, error) => {
    const server = await startServer(() => saying([finish]));
    const response = await post(`${server.url}/api/chat`, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toBe(JSON.stringify({ error }));
    expect(server.requests).toEqual([]);
  });

  it('refuses a body that is too large', async () => {
    const server = await startServer(() => saying([finish]));
    const response = await post(`${server.url}/api/chat`, { model: 'm', messages: ask('x'.repeat(10_001)) });
    expect(response.status).toBe(413);
  });

  it.each([
    [{}, 'load'],
    [{ messages: [] }, 'load'],
    [{ messages: null, keep_alive: -1 }, 'load'],
    [{ messages: [], keep_alive: 0, stream: true }, 'unload'],
    [{ keep_alive: '0s' }, 'unload'],
  ])('answers %j with one object and no worker (%s)', async (body, doneReason) => {
    const server = await startServer(() => saying([finish]));
    const response = await post(`${server.url}/api/chat`, { model: 'm', ...body });
    expect(response.headers.get('content-type')).toBe(JSON_TYPE);
    expect(await response.json()).toEqual({
      model: 'm',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: doneReason,
    });
    expect(server.requests).toEqual([]);
  });

  it('does not load what it does not know', async () => {
    const server = await startServer(() => saying([finish]));
    const response = await post(`${server.url}/api/chat`, { model: 'nope', keep_alive: 0 });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: "model 'nope' not found" });
  });

  it.each([true, false])('cancels the turn of a client that leaves (stream: %j)', async (stream) => {
    const turn = new EventEmitter();
    const began = once(turn, 'began');
    const cancelled = once(turn, 'cancelled');
    const server = await startServer(async function* (_request, signal) {
      yield hello;
      turn.emit('began');
      await whenAborted(signal);
      turn.emit('cancelled');
    });
    const client = httpRequest(`${server.url}/api/chat`, { method: 'POST' });
    client.on('error', () => {});
    client.end(JSON.stringify({ model: 'm', messages: ask('hi'), stream }));
    await began;
    client.destroy();
    await expect(cancelled).resolves.toEqual([]);
  });
});

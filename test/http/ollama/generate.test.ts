import { describe, expect, it } from 'vitest';
import { linesOf, post } from './ask-server.js';
import { finish, hello, saying, startServer } from './scripted-server.js';

describe('/api/generate', () => {
  it('streams the response', async () => {
    const server = await startServer(() => saying(hello, [finish]));
    const response = await post(`${server.url}/api/generate`, { model: 'm', prompt: 'hi', system: 's' });
    expect(await linesOf(response)).toMatchObject([
      { model: 'm', response: 'hello', done: false },
      { model: 'm', response: '', done: true, done_reason: 'stop' },
    ]);
    expect(server.requests).toMatchObject([{ system: 's', messages: [{ role: 'user' }] }]);
  });

  it('answers whole with stream false', async () => {
    const server = await startServer(() => saying(hello, [finish]));
    const response = await post(`${server.url}/api/generate`, { model: 'm', prompt: 'hi', stream: false });
    expect(await response.json()).toMatchObject({ response: 'hello', done: true });
  });

  it.each([
    [{}, 404, "model '' not found"],
    [{ prompt: 'x' }, 404, "model '' not found"],
    [{ model: 'nope' }, 404, "model 'nope' not found"],
    [
      { model: 'm', prompt: 1 },
      400,
      'json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string',
    ],
    [{ model: 'm', suffix: 'x' }, 400, 'registry.ollama.ai/library/m:latest does not support insert'],
  ])('refuses %j', async (body, status, error) => {
    const server = await startServer(() => saying([finish]));
    const response = await post(`${server.url}/api/generate`, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error });
  });

  it.each([
    [{ prompt: '' }, 'load'],
    [{ keep_alive: 0 }, 'unload'],
  ])('answers %j with one object and no worker (%s)', async (body, doneReason) => {
    const server = await startServer(() => saying([finish]));
    const response = await post(`${server.url}/api/generate`, { model: 'hidden', ...body });
    expect(await response.json()).toEqual({
      model: 'hidden',
      created_at: expect.any(String),
      response: '',
      done: true,
      done_reason: doneReason,
    });
    expect(server.requests).toEqual([]);
  });
});

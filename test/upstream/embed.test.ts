import { Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { at } from '../front-door/ask-surfaces.js';
import type { ChatAnswer } from './fake-upstream.js';
import { startUpstreamWorld } from './upstream-world.js';

const INPUT = ['first', 'second'];

const ROUTES = [
  ['/v1/embeddings', { input: INPUT }],
  ['/api/embed', { input: INPUT }],
  ['/api/embeddings', { prompt: 'first' }],
] as const;

const vectors = (count: number) => ({
  data: Array.from({ length: count }, (_, index) => ({ index, embedding: [1, 0] })),
});

describe('embeddings of the upstream', () => {
  it('are asked for as floats and come back in the order of the texts', async () => {
    const { upstream, url } = await startUpstreamWorld();
    upstream.onOther = (answer) =>
      answer.refuse(200, {
        data: [
          { index: 1, embedding: [0, 1] },
          { index: 0, embedding: [1, 0] },
        ],
        usage: { prompt_tokens: 9 },
      });
    const answer = await new Ollama({ host: url }).embed({ model: 'llama3', input: INPUT, dimensions: 2 });
    expect(answer).toMatchObject({
      embeddings: [
        [1, 0],
        [0, 1],
      ],
      prompt_eval_count: 9,
    });
    expect(upstream.requests.at(-1)).toMatchObject({
      path: '/v1/embeddings',
      body: { model: 'llama3', input: INPUT, dimensions: 2, encoding_format: 'float' },
    });
  });

  it('are no tool for the model of the same worker, although humd offers it with every prompt', async () => {
    const { upstream, url } = await startUpstreamWorld();
    const messages = [{ role: 'user', content: 'hi' }];
    await new Ollama({ host: url }).chat({ model: 'llama3', messages });
    expect(upstream.chats.at(-1)?.body).not.toHaveProperty('tools');
  });

  it('that fail say why', async () => {
    const { url } = await startUpstreamWorld();
    const asked = new Ollama({ host: url }).embed({ model: 'llama3', input: INPUT });
    await expect(asked).rejects.toMatchObject({ status_code: 404, error: 'no such route' });
  });

  it('are refused where the worker does not offer them', async () => {
    const { url, upstream } = await startUpstreamWorld({ bee: { offerEmbed: false } });
    const asked = new Ollama({ host: url }).embed({ model: 'llama3', input: INPUT });
    await expect(asked).rejects.toMatchObject({ status_code: 501 });
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/v1/models']);
  });
});

describe.each(ROUTES)('embeddings by %s', (path, body) => {
  const ask = async (play: (answer: ChatAnswer) => void) => {
    const world = await startUpstreamWorld();
    world.upstream.onOther = play;
    const response = await world.post(path, { model: 'llama3', ...body });
    const json: unknown = await response.json();
    const error = at(json, 'error', 'message') ?? at(json, 'error');
    return { world, json, told: [response.status, error], headers: response.headers };
  };

  it.each([
    [400, { error: { message: 'bad input', code: 'bad' } }, 400, 'bad input'],
    [413, '<html><title>413 Too Large</title></html>', 413, '413 Too Large'],
    [422, { detail: [{ loc: ['body', 'input'], msg: 'too short' }] }, 422, 'body.input: too short'],
    [429, { error: { message: 'slow down' } }, 429, 'slow down'],
    [503, 'loading', 503, 'loading'],
    [401, { error: { message: 'bad key' } }, 503, 'the upstream refused the API key (401)'],
    [403, { error: { message: 'bad key' } }, 503, 'the upstream refused the API key (403)'],
    [500, { error: 'CUDA' }, 502, 'the upstream answered 500: CUDA'],
  ])('have errors that stay what they are: %i', async (status, sent, wanted, text) => {
    const { told, headers, world } = await ask((answer) =>
      answer.refuse(status, sent, status === 429 ? { 'retry-after': '20' } : {}),
    );
    expect(told).toEqual([wanted, text]);
    if (status === 429) expect(headers.get('retry-after')).toBe('20');
    expect(world.upstream.requests.filter((seen) => seen.path === '/v1/embeddings')).toHaveLength(1);
  });

  it('have an input that is too long as what it is', async () => {
    const message = "This model's maximum context length is 512 tokens, however you requested 600 tokens.";
    const { told, json } = await ask((answer) => answer.refuse(400, { error: { message } }));
    expect(told).toEqual([400, expect.stringContaining(message)]);
    if (path === '/v1/embeddings')
      expect(at(json, 'error')).toMatchObject({ code: 'context_length_exceeded', param: 'input' });
  });

  it('have a model that the server does not know as one that is not found', async () => {
    const { told } = await ask((answer) =>
      answer.refuse(404, { error: { message: 'model `x` does not exist' } }),
    );
    expect(told).toEqual([
      404,
      path === '/v1/embeddings'
        ? 'model `x` does not exist'
        : 'model "llama3" not found, try pulling it first',
    ]);
  });

  it('are a 503 with the reason where no server is there', async () => {
    const world = await startUpstreamWorld();
    await world.upstream.close();
    const response = await world.post(path, { model: 'llama3', ...body });
    const json: unknown = await response.json();
    expect([response.status, at(json, 'error', 'message') ?? at(json, 'error')]).toEqual([
      503,
      'the upstream cannot be reached (ECONNREFUSED)',
    ]);
  });

  it('are asked for without a format that the server does not take, and read as base64', async () => {
    const { told, world } = await ask((answer) => {
      if (answer.request.body?.['encoding_format'] !== undefined) {
        answer.refuse(422, {
          detail: [{ loc: ['body', 'encoding_format'], msg: 'extra fields not permitted' }],
        });
        return;
      }
      const data = vectors(2).data.slice(0, path === '/api/embeddings' ? 1 : 2);
      const embedding = Buffer.from(new Float32Array([1, 0]).buffer).toString('base64');
      answer.refuse(200, {
        data: data.map(({ index }) => ({ index, embedding })),
        usage: { prompt_tokens: 1e300 },
      });
    });
    expect(told[0]).toBe(200);
    const again = await world.post(path, { model: 'llama3', ...body });
    expect(again.status).toBe(200);
    expect(await again.text()).not.toContain('1e+300');
    expect(world.upstream.requests.filter((seen) => seen.path === '/v1/embeddings')).toHaveLength(3);
  });
});

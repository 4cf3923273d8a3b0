import { Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { startUpstreamWorld } from './upstream-world.js';

const INPUT = ['first', 'second'];

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
    await expect(asked).rejects.toThrow('the upstream answered 404: no such route');
  });

  it('are refused where the worker does not offer them', async () => {
    const { url, upstream } = await startUpstreamWorld({ bee: { offerEmbed: false } });
    const asked = new Ollama({ host: url }).embed({ model: 'llama3', input: INPUT });
    await expect(asked).rejects.toMatchObject({ status_code: 501 });
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/v1/models']);
  });
});

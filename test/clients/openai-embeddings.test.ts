import OpenAI, { BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { describe, expect, it } from 'vitest';
import { startEmbeddingBridge, vectorOf } from '../http/openai/embeddings/embedding-bee.js';
import { startEmbeddedBridge } from './embedded-bridge.js';

const model = 'small-embedder';

async function start() {
  const bridge = await startEmbeddingBridge();
  return new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any', maxRetries: 0 });
}

describe('npm openai: embeddings', () => {
  it('come from a bee that lists the tool, in base64 as the client asks unbidden', async () => {
    const openai = await start();
    const answer = await openai.embeddings.create({ model, input: ['a', 'bbb', ''] });
    expect(answer).toMatchObject({ object: 'list', model, usage: { prompt_tokens: 5, total_tokens: 5 } });
    expect(answer.data.map(({ index, embedding }) => [index, embedding])).toEqual([
      [0, vectorOf('a')],
      [1, vectorOf('bbb')],
      [2, vectorOf('')],
    ]);
  });

  it.each(['float', 'base64'] as const)('come as %s', async (encoding_format) => {
    const openai = await start();
    const { data } = await openai.embeddings.create({ model, input: 'hello', encoding_format });
    const [first] = data;
    const bytes = Buffer.from(String(first?.embedding), 'base64');
    const numbers =
      encoding_format === 'float' ? first?.embedding : [0, 4, 8, 12].map((at) => bytes.readFloatLE(at));
    expect(numbers).toEqual(vectorOf('hello'));
  });

  it('come in fewer dimensions', async () => {
    const openai = await start();
    const { data } = await openai.embeddings.create({ model, input: 'ab', dimensions: 1 });
    expect(data[0]?.embedding).toEqual([1]);
    await expect(openai.embeddings.create({ model, input: 'ab', dimensions: 8 })).rejects.toMatchObject({
      status: 400,
      param: 'dimensions',
    });
  });

  it('come for hundreds of texts', async () => {
    const openai = await start();
    const input = Array.from({ length: 300 }, (_, index) => 'x'.repeat(index));
    const { data } = await openai.embeddings.create({ model, input });
    expect(data.map(({ embedding }) => embedding[0])).toEqual([...input.keys()]);
  });

  it('are refused in the classes of the client', async () => {
    const openai = await start();
    await expect(openai.embeddings.create({ model, input: [1, 2] })).rejects.toBeInstanceOf(BadRequestError);
    await expect(openai.embeddings.create({ model: 'nope', input: 'a' })).rejects.toBeInstanceOf(
      NotFoundError,
    );
  });

  it('are not there without such a bee', async () => {
    const bridge = await startEmbeddedBridge();
    const openai = new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const failed = openai.embeddings.create({ model: 'claude-sonnet-4', input: 'a' });
    await expect(failed).rejects.toBeInstanceOf(InternalServerError);
    await expect(failed).rejects.toMatchObject({
      status: 501,
      type: 'not_supported_error',
      message: expect.stringContaining("lists the tool 'embed'"),
    });
  });

  it('have a model that is listed with its context', async () => {
    const openai = await start();
    const listed = (await openai.models.list()).data.find(({ id }) => id === model);
    expect(listed).toMatchObject({ context_window: expect.any(Number) });
    expect(await openai.models.retrieve(model)).toEqual(listed);
  });
});

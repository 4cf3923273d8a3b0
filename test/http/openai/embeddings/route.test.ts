import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../src/core/fault.js';
import { toBase64Floats } from '../../../../src/http/openai/embeddings/route.js';
import { eventually } from '../../../eventually.js';
import { post, serve } from '../scripted-bridge.js';
import { EmbeddingConversation, throwing } from './embedding-conversation.js';

const vectors = (input: readonly unknown[]) => ({
  embeddings: input.map((_, index) => [index, 0.5, -0.25, 1]),
  promptTokens: 7,
});
const ask = { model: 'm', input: 'hi' };

async function embed(fields: object, make: (input: readonly unknown[]) => unknown = vectors) {
  const conversation = new EmbeddingConversation(make);
  const { url } = await serve(conversation);
  const response = await post(`${url}/v1/embeddings`, { ...ask, ...fields });
  return { response, conversation, body: Object(await response.json()) };
}

describe('POST /v1/embeddings', () => {
  it('answers with these keys and no others', async () => {
    const { response, body, conversation } = await embed({});
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(body).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0, 0.5, -0.25, 1] }],
      model: 'm',
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
    expect(conversation.called).toMatchObject([{ name: 'embed', args: { model: 'm', input: ['hi'] } }]);
    expect(conversation.called[0]?.args).not.toHaveProperty('dimensions');
  });

  it('asks for the model by the name that hum knows', async () => {
    const { body, conversation } = await embed({ model: 'hidden' });
    expect(body.model).toBe('hidden');
    expect(conversation.called[0]?.args['model']).toBe('m');
  });

  it('keeps the order of the inputs, empty ones included', async () => {
    const { body, conversation } = await embed({ input: ['a', '', 'c'] });
    expect(body.data.map(({ index, embedding }: never) => [index, embedding[0]])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(conversation.called[0]?.args['input']).toEqual(['a', '', 'c']);
  });

  it('takes 2048 inputs, a few at a time, and counts the tokens of all', async () => {
    const { body, conversation } = await embed({ input: Array.from({ length: 2048 }, (_, at) => `${at}`) });
    expect(body.data.map(({ index }: never) => index)).toEqual([...Array(2048).keys()]);
    expect(conversation.called.flatMap(({ args }) => args['input'])).toEqual(
      Array.from({ length: 2048 }, (_, at) => `${at}`),
    );
    expect(body.usage.total_tokens).toBe(7 * conversation.called.length);
  });

  it('gives floats or their bytes, as asked', async () => {
    const { body } = await embed({ encoding_format: 'base64' });
    expect(body.data[0].embedding).toBe('AAAAAAAAAD8AAIC+AACAPw==');
    for (const encoding_format of ['float', null]) {
      expect((await embed({ encoding_format })).body.data[0].embedding).toEqual([0, 0.5, -0.25, 1]);
    }
  });

  it('cuts to the dimensions that are asked for, at a length of one', async () => {
    const { body, conversation } = await embed({ dimensions: 2 }, () => ({ embeddings: [[3, 4, 12]] }));
    expect(conversation.called[0]?.args['dimensions']).toBe(2);
    expect(body.data[0].embedding).toEqual([0.6, 0.8]);
    const same = await embed({ dimensions: 2 }, () => ({ embeddings: [[3, 4]] }));
    expect(same.body.data[0].embedding).toEqual([3, 4]);
  });

  it('does not stretch to more dimensions than there are', async () => {
    const { response, body } = await embed({ dimensions: 5 });
    expect(response.status).toBe(400);
    expect(body.error).toEqual({
      message: "Invalid 'dimensions': this model's embeddings have 4 dimensions, but 5 were asked for.",
      type: 'invalid_request_error',
      param: 'dimensions',
      code: 'invalid_value',
    });
  });

  it('counts tokens itself where the tool does not', async () => {
    const { body } = await embed({ input: ['12345678', '1234'] }, (input) => ({
      embeddings: input.map(() => [1]),
    }));
    expect(body.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
  });

  it.each([
    [{ input: undefined }, 'input', 'missing_required_parameter'],
    [{ input: [] }, 'input', 'empty_array'],
    [{ input: [1, 2] }, 'input', 'unsupported_value'],
    [{ input: [[1, 2]] }, 'input', 'unsupported_value'],
    [{ input: ['a', null] }, 'input[1]', 'invalid_type'],
    [{ input: Array(2049).fill('a') }, 'input', 'array_above_max_length'],
    [{ encoding_format: 'int8' }, 'encoding_format', 'invalid_value'],
    [{ dimensions: 0 }, 'dimensions', 'integer_below_min_value'],
    [{ dimensions: 1.5 }, 'dimensions', 'invalid_type'],
    [{ model: '' }, null, null],
  ])('refuses %j', async (fields, param, code) => {
    const { response, body, conversation } = await embed(fields);
    expect(response.status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', param, code });
    expect(conversation.called).toEqual([]);
  });

  it('says what to add where no tool makes embeddings', async () => {
    const { response, body } = await embed({}, throwing(new Fault('not-offered', 'nobody offers it')));
    expect(response.status).toBe(501);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(body.error).toMatchObject({ type: 'not_supported_error', code: 'not_supported', param: null });
    expect(body.error.message).toMatch(/add a forager whose hello lists the tool 'embed'/);
  });

  it('does not know every model', async () => {
    const { response, body, conversation } = await embed({ model: 'text-embedding-9' });
    expect(response.status).toBe(404);
    expect(body.error).toEqual({
      message: 'The model `text-embedding-9` does not exist or you do not have access to it.',
      type: 'invalid_request_error',
      param: 'model',
      code: 'model_not_found',
    });
    expect(conversation.called).toEqual([]);
  });

  it.each([
    [new Fault('tool-failed', 'out of memory'), 502, 'upstream_error'],
    [new Fault('timeout', 'no answer'), 504, 'timeout'],
    [new Fault('link-down', 'humd does not answer'), 503, 'service_unavailable'],
  ])('tells what went wrong: %s', async (fault, status, code) => {
    const { response, body } = await embed({}, throwing(fault));
    expect(response.status).toBe(status);
    expect(body.error).toMatchObject({ message: fault.message, code });
  });

  it('gives the call up with its client', async () => {
    const conversation = new EmbeddingConversation(async () => {
      await once(conversation.called[0]?.signal ?? new EventTarget(), 'abort');
      throw new Error('the signal aborted');
    });
    const { openai } = await serve(conversation);
    const controller = new AbortController();
    const pending = openai.embeddings.create(ask, { signal: controller.signal });
    await eventually(() => expect(conversation.called).toHaveLength(1));
    controller.abort();
    await expect(pending).rejects.toThrow('abort');
    await eventually(() => expect(conversation.called[0]?.signal.aborted).toBe(true));
  });

  it('is there without /v1 too', async () => {
    const { url } = await serve(new EmbeddingConversation(vectors));
    expect((await post(`${url}/embeddings`, ask)).status).toBe(200);
  });
});

describe('floats as bytes', () => {
  it.each([
    [[], ''],
    [[1], 'AACAPw=='],
    [[-0.1, 1e-7, 3e38], 'zczMvZW/1jPmsWF/'],
  ])('%j is %j, in little-endian order', (vector, base64) => {
    expect(toBase64Floats(vector)).toBe(base64);
    const bytes = Buffer.from(base64, 'base64');
    expect(vector.map((_, index) => bytes.readFloatLE(index * 4))).toEqual(vector.map(Math.fround));
  });
});

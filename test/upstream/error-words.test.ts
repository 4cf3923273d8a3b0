import { describe, expect, it } from 'vitest';
import { UpstreamRefusal } from '../../src/upstream/api.js';
import { toUpstreamFault } from '../../src/upstream/upstream-fault.js';

function faultOf(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return toUpstreamFault(new UpstreamRefusal(status, new Headers(headers), text), 'sk-secret-1234');
}

describe('the words of an error', () => {
  it.each([
    [{ error: { message: 'why', type: 't', param: null, code: 'c' } }, 'why'],
    [{ error: 'why' }, 'why'],
    [{ error: { message: { detail: 'why' } } }, 'why'],
    [{ object: 'error', message: 'why', type: 'BadRequestError', param: null, code: 400 }, 'why'],
    [{ detail: 'why' }, 'why'],
    [{ detail: { message: 'why' } }, 'why'],
    [{ detail: [{ loc: ['body', 'x'], msg: 'why', type: 't' }] }, 'body.x: why'],
    [{ message: 'why' }, 'why'],
    [{ msg: 'why', code: 1 }, 'why'],
    [{ errors: [{ message: 'why' }, { message: 'and why' }] }, 'why; and why'],
    [{ errors: ['why'] }, 'why'],
    [{ type: 'about:blank', title: 'Bad', status: 400, detail: 'why' }, 'why'],
    [{ success: false, error: { reason: 'why' } }, 'why'],
    [[{ error: { code: 400, message: 'why', status: 'INVALID_ARGUMENT' } }], 'why'],
    ['"why"', 'why'],
    [{ error: '<html><head><title>why</title></head><body></body></html>' }, 'why'],
    ['why', 'why'],
    ['<!doctype html><title>why</title><body><p>so</p><script>x()</script></body>', 'why so'],
    ['data: {"error":{"message":"why"}}\n\n', 'why'],
    [
      { error: { message: 'Provider returned error', metadata: { raw: '{"error":{"message":"why"}}' } } },
      'Provider returned error: why',
    ],
    [{ error: { message: '{"error":{"message":"why"}}' } }, 'why'],
    ['', 'the upstream answered 400'],
    ['{}', 'the upstream answered 400'],
    [{ error: { message: 'the key sk-secret-1234 and sk-secr***' } }, 'the key (key) and (key)'],
  ])('%j', (body, message) => {
    expect(faultOf(400, body)).toMatchObject({ code: 'bad-request', message });
  });
});

describe('a conversation that is too long', () => {
  it.each([
    [
      'OpenAI',
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      9000,
      8192,
    ],
    [
      'vLLM',
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the messages, 100 in the completion).",
      5000,
      4096,
    ],
    ['vLLM', 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.', 5000, 4096],
    [
      'llama.cpp',
      'request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it',
      5000,
      4096,
    ],
    [
      'LM Studio',
      'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
      5000,
      4096,
    ],
    [
      'SGLang',
      "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
      5000,
      4096,
    ],
    [
      'Mistral',
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      40000,
      32768,
    ],
    [
      'OpenRouter',
      "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens (8900 of text input).",
      9000,
      8192,
    ],
    [
      'Google',
      'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).',
      1100000,
      1048576,
    ],
    ['Anthropic', 'prompt is too long: 200001 tokens > 200000 maximum', 200001, 200000],
    [
      'xAI',
      "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
      200000,
      131072,
    ],
    ['Copilot', 'prompt token count of 70000 exceeds the limit of 64000', 70000, 64000],
    ['Ollama', 'the input length exceeds the context length', undefined, undefined],
    ['Bedrock', 'Input is too long for requested model.', undefined, undefined],
    ['Cerebras', 'Please reduce the length of the messages or completion.', undefined, undefined],
    [
      'Together',
      'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 `inputs` tokens and 512 `max_new_tokens`',
      5000,
      4097,
    ],
    ['Moonshot', 'Invalid request: Your request exceeded model token limit: 8192', undefined, undefined],
    ['MiniMax', 'invalid params, context window exceeds limit (2013)', undefined, undefined],
  ])('in the words of %s: %s', (_, message, tokens, limit) => {
    const excess = tokens === undefined ? undefined : { tokens, limit };
    expect(faultOf(400, { error: { message } })).toMatchObject({ code: 'context-too-long', message, excess });
  });

  it.each([
    "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 12 input tokens.",
    'max_tokens is too large: 5',
    'Image is too large',
  ])('is not one of which the answer, or an image, is too long: %s', (message) => {
    expect(faultOf(400, { error: { message } })).toMatchObject({ code: 'bad-request' });
  });

  it('is one where a template fails by it with a 500, too', () => {
    const body = { error: { code: 500, message: 'the request exceeds the available context size' } };
    expect(faultOf(500, body)).toMatchObject({ code: 'context-too-long' });
  });
});

describe('the time until another try', () => {
  const now = Date.now();

  it.each([
    [{ 'retry-after': '20' }, {}, 20],
    [{ 'retry-after': new Date(now + 90_000).toUTCString() }, {}, 90],
    [{ 'retry-after-ms': '1500' }, {}, 2],
    [{}, { error: { message: 'Please try again in 7.66s. Visit' } }, 8],
    [{}, { error: { message: 'Please try again in 1m7.66s.' } }, 68],
    [{}, { error: { message: 'Please try again in 560ms.' } }, 1],
    [{}, { error: { message: 'Rate limited. Retry after 2 minutes' } }, 120],
    [{}, { error: { message: 'x', details: [{ retryDelay: '34s' }] } }, 34],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2m30s' }, {}, 150],
    [{}, { error: { message: 'slow down' } }, 10],
  ])('%j %j', (headers, body, seconds) => {
    const { code, retryAfterSeconds } = faultOf(429, body, headers);
    expect(code).toBe('limit-reached');
    expect(Math.abs(Number(retryAfterSeconds) - seconds)).toBeLessThanOrEqual(1);
  });

  it('is not known for an account without money', () => {
    const fault = faultOf(429, {
      error: { message: 'no credit', code: 'insufficient_quota', type: 'insufficient_quota' },
    });
    expect([fault.code, fault.reason, fault.retryAfterSeconds]).toEqual([
      'limit-reached',
      'insufficient_quota',
      undefined,
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode, type FaultDetails } from '../../../src/core/fault.js';
import { toError } from '../../../src/http/openai/error.js';

const noRetry = { 'x-should-retry': 'false' };
const request = 'invalid_request_error';
const server = 'server_error';

/** Every code that there is: [details, status, error, headers] */
const table: Record<FaultCode, readonly [FaultDetails, number, object, object | undefined]> = {
  'bad-request': [
    { param: 'n', reason: 'invalid_type' },
    400,
    { type: request, param: 'n', code: 'invalid_type' },
    undefined,
  ],
  unauthorized: [
    {},
    401,
    { message: 'Said why.', type: request, code: 'invalid_api_key' },
    { 'www-authenticate': 'Bearer' },
  ],
  'not-found': [{}, 404, { type: request, code: 'unknown_url' }, undefined],
  'method-not-allowed': [
    { allow: ['GET', 'POST'] },
    405,
    {
      message: 'Method not allowed. This path takes GET, POST.',
      type: request,
      code: 'method_not_supported',
    },
    { allow: 'GET, POST' },
  ],
  'model-not-found': [
    { param: 'gpt-9' },
    404,
    {
      message: 'The model `gpt-9` does not exist or you do not have access to it.',
      type: request,
      param: 'model',
      code: 'model_not_found',
    },
    undefined,
  ],
  'context-too-long': [
    {},
    400,
    { type: request, param: 'messages', code: 'context_length_exceeded' },
    undefined,
  ],
  forbidden: [{}, 403, { type: 'request_forbidden', code: null }, undefined],
  'not-offered': [{}, 501, { type: 'not_supported_error', code: 'not_supported' }, noRetry],
  'invalid-answer': [{}, 502, { type: server, code: 'upstream_error' }, noRetry],
  'tool-failed': [{}, 502, { type: server, code: 'upstream_error' }, noRetry],
  'body-too-large': [{}, 413, { type: request }, undefined],
  'body-timeout': [{}, 408, { type: request }, undefined],
  'model-not-served': [
    { retryAfterSeconds: 5 },
    503,
    { type: server, code: 'service_unavailable', param: 'model' },
    { 'retry-after': '5' },
  ],
  'link-down': [
    { retryAfterSeconds: 3 },
    503,
    { type: server, code: 'service_unavailable' },
    { 'retry-after': '3' },
  ],
  'shutting-down': [{}, 503, { type: server, code: 'service_unavailable' }, { 'retry-after': '1' }],
  'folder-missing': [{}, 503, { type: server, code: 'service_unavailable' }, { 'x-should-retry': 'false' }],
  busy: [{}, 503, { type: server, code: 'service_unavailable' }, { 'retry-after': '1' }],
  'link-lost': [{}, 502, { type: server, code: 'upstream_error' }, noRetry],
  'prompt-lost': [{}, 502, { type: server, code: 'upstream_error' }, noRetry],
  'output-lost': [{}, 502, { type: server, code: 'upstream_error' }, noRetry],
  'worker-error': [{}, 502, { type: server, code: 'upstream_error' }, noRetry],
  'payment-required': [{}, 402, { type: 'insufficient_quota', code: 'payment_required' }, noRetry],
  'budget-refused': [{}, 429, { type: 'insufficient_quota', code: 'insufficient_quota' }, noRetry],
  'rate-limited': [
    { retryAfterSeconds: 20 },
    429,
    { type: 'requests', code: 'rate_limit_exceeded' },
    { 'retry-after': '20' },
  ],
  'limit-reached': [
    { retryAfterSeconds: 3600 },
    429,
    { type: 'tokens', code: 'rate_limit_exceeded' },
    { 'retry-after': '3600' },
  ],
  overloaded: [
    { retryAfterSeconds: 10 },
    503,
    { type: server, code: 'service_unavailable' },
    { 'retry-after': '10' },
  ],
  unreachable: [
    { retryAfterSeconds: 5 },
    503,
    { type: 'server_error', code: 'service_unavailable' },
    { 'retry-after': '5' },
  ],
  unprocessable: [
    { param: 'top_k', reason: 'extra_forbidden' },
    422,
    { type: 'invalid_request_error', param: 'top_k', code: 'extra_forbidden' },
    undefined,
  ],
  'no-access': [
    { retryAfterSeconds: 60 },
    503,
    { type: server, code: 'service_unavailable' },
    { 'retry-after': '60' },
  ],
  timeout: [{}, 504, { type: server, code: 'timeout' }, noRetry],
  'client-too-slow': [{}, 503, { type: server, code: 'client_too_slow' }, noRetry],
  'client-left': [{}, 499, { type: 'invalid_request_error', code: 'client_closed_request' }, undefined],
  internal: [{}, 500, { type: server }, noRetry],
};

const codes = Object.keys(table).filter((code): code is FaultCode => code in table);

describe('a fault on the wire', () => {
  it.each(codes)('%s', (code) => {
    const [details, status, error, headers] = table[code];
    const wire = toError(new Fault(code, 'said why', details));
    expect(wire).toMatchObject({ status, contentType: 'application/json' });
    expect(wire.headers).toEqual(headers ?? {});
    const body = JSON.parse(wire.body);
    expect(body).toEqual({ error: { message: 'said why', param: null, code: null, ...error } });
    expect(Object.keys(body.error)).toEqual(['message', 'type', 'param', 'code']);
  });

  it('keeps the words of a route that has its own for an unknown model', () => {
    const { body } = toError(new Fault('model-not-found', "The model 'x' does not exist"));
    expect(JSON.parse(body).error).toMatchObject({ message: "The model 'x' does not exist", param: 'model' });
  });

  it('is one line', () => {
    expect(toError(new Fault('worker-error', 'a\nb\u2028c')).body).toContain('a\\nb\\u2028c');
  });
});

import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode, type FaultDetails } from '../../../src/core/fault.js';
import { toError, toErrorEvent, toErrorType } from '../../../src/http/anthropic/error.js';

const noRetry = { 'x-should-retry': 'false' };

/** Every code that there is: [details, status, type, headers, message] */
const table: Record<FaultCode, readonly [FaultDetails, number, string, object, string?]> = {
  'bad-request': [{ param: 'model' }, 400, 'invalid_request_error', {}],
  unauthorized: [{}, 401, 'authentication_error', {}],
  forbidden: [{}, 403, 'permission_error', {}],
  'not-found': [{}, 404, 'not_found_error', {}],
  'method-not-allowed': [{ allow: ['POST'] }, 405, 'api_error', { allow: 'POST' }],
  'model-not-found': [{ param: 'x' }, 404, 'not_found_error', {}, 'model: x'],
  'context-too-long': [{}, 400, 'invalid_request_error', {}, 'prompt is too long: said why'],
  'body-too-large': [{}, 413, 'request_too_large', {}],
  'body-timeout': [{}, 408, 'invalid_request_error', {}],
  'model-not-served': [{ retryAfterSeconds: 5 }, 503, 'overloaded_error', { 'retry-after': '5' }],
  'link-down': [{ retryAfterSeconds: 3 }, 503, 'overloaded_error', { 'retry-after': '3' }],
  'shutting-down': [{}, 503, 'overloaded_error', { 'retry-after': '1' }],
  'folder-missing': [{}, 503, 'overloaded_error', { 'x-should-retry': 'false' }],
  busy: [{}, 503, 'overloaded_error', { 'retry-after': '1' }],
  'link-lost': [{}, 502, 'api_error', noRetry],
  'prompt-lost': [{}, 502, 'api_error', noRetry],
  'output-lost': [{}, 502, 'api_error', noRetry],
  'worker-error': [{}, 502, 'api_error', noRetry],
  'invalid-answer': [{}, 502, 'api_error', noRetry],
  'tool-failed': [{}, 502, 'api_error', noRetry],
  'not-offered': [{}, 501, 'api_error', noRetry],
  'payment-required': [{}, 402, 'billing_error', noRetry],
  'budget-refused': [{}, 429, 'rate_limit_error', noRetry],
  'rate-limited': [{ retryAfterSeconds: 20 }, 429, 'rate_limit_error', { 'retry-after': '20' }],
  'limit-reached': [{ retryAfterSeconds: 3600 }, 429, 'rate_limit_error', { 'retry-after': '3600' }],
  overloaded: [{ retryAfterSeconds: 10 }, 529, 'overloaded_error', { 'retry-after': '10' }],
  unreachable: [{ retryAfterSeconds: 5 }, 503, 'api_error', { 'retry-after': '5' }],
  unprocessable: [{ param: 'top_k' }, 422, 'invalid_request_error', {}],
  'no-access': [{ retryAfterSeconds: 60 }, 503, 'api_error', { 'retry-after': '60' }],
  timeout: [{}, 504, 'timeout_error', noRetry],
  'client-too-slow': [{}, 503, 'overloaded_error', noRetry],
  'client-left': [{}, 499, 'invalid_request_error', {}],
  internal: [{}, 500, 'api_error', noRetry],
};

const codes = Object.keys(table).filter((code): code is FaultCode => code in table);

describe('a fault on the wire', () => {
  it.each(codes)('%s', (code) => {
    const [details, status, type, headers, message = 'said why'] = table[code];
    const fault = new Fault(code, 'said why', details);
    expect(toError(fault, 'req_1')).toEqual({
      status,
      contentType: 'application/json',
      body: JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' }),
      headers: { ...headers, 'request-id': 'req_1' },
    });
    expect(toErrorEvent(fault)).toBe(
      `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"${message}"}}\n\n`,
    );
  });

  it('has an id of its own, the same in the header', () => {
    const fault = new Fault('internal', 'said why');
    const { body, headers } = toError(fault);
    const { request_id } = JSON.parse(body);
    expect(request_id).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(headers?.['request-id']).toBe(request_id);
    expect(JSON.parse(toError(fault).body).request_id).not.toBe(request_id);
  });

  it('keeps the words of a fault that does not name the model', () => {
    expect(JSON.parse(toError(new Fault('model-not-found', 'none of them')).body).error.message).toBe(
      'none of them',
    );
  });

  it('is one line', () => {
    expect(toErrorEvent(new Fault('worker-error', 'a\nb\u2028c'))).toContain('a\\nb\\u2028c"}}\n\n');
  });

  it('tells by how much a conversation is too long where that was counted', () => {
    const fault = new Fault('context-too-long', 'said why', { excess: { tokens: 208_310, limit: 200_000 } });
    expect(JSON.parse(toError(fault).body).error.message).toBe(
      'prompt is too long: 208310 tokens > 200000 maximum',
    );
  });

  it('is an overload at 529 too', () => {
    expect(toErrorType(529)).toBe('overloaded_error');
  });
});

import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.js';
import { toError } from '../../../src/http/ollama/error.js';

const JSON_TYPE = 'application/json; charset=utf-8';

describe('toError', () => {
  it.each([
    ['bad-request', 400, {}],
    ['unauthorized', 401, {}],
    ['payment-required', 402, { 'x-should-retry': 'false' }],
    ['body-too-large', 413, {}],
    ['body-timeout', 408, {}],
    ['budget-refused', 429, { 'x-should-retry': 'false' }],
    ['internal', 500, { 'x-should-retry': 'false' }],
    ['link-lost', 502, { 'x-should-retry': 'false' }],
    ['prompt-lost', 502, { 'x-should-retry': 'false' }],
    ['output-lost', 502, { 'x-should-retry': 'false' }],
    ['worker-error', 502, { 'x-should-retry': 'false' }],
    ['model-not-served', 503, { 'retry-after': '1' }],
    ['link-down', 503, { 'retry-after': '1' }],
    ['shutting-down', 503, { 'retry-after': '1' }],
    ['busy', 503, { 'retry-after': '1' }],
    ['client-too-slow', 503, { 'x-should-retry': 'false' }],
    ['timeout', 504, { 'x-should-retry': 'false' }],
  ] as const)('answers %s with %i', (code, status, headers) => {
    expect(toError(new Fault(code, 'it "broke"'))).toEqual({
      status,
      contentType: JSON_TYPE,
      body: '{"error":"it \\"broke\\""}',
      headers,
    });
  });

  it('names the model that was asked for as it was asked for', () => {
    const fault = new Fault('model-not-found', 'no such thing', { param: 'Foo:7b' });
    expect(toError(fault)).toMatchObject({ status: 404, body: `{"error":"model 'Foo:7b' not found"}` });
    const nameless = new Fault('model-not-found', 'no such thing', { param: '' });
    expect(toError(nameless)).toMatchObject({ status: 404, body: `{"error":"model '' not found"}` });
  });

  it('begins as Ollama does where the context is too short', () => {
    const fault = new Fault('context-too-long', 'about 9 tokens of 8');
    const text = 'the prompt is longer than the context length currently available to the model';
    expect(toError(fault)).toMatchObject({
      status: 400,
      body: `{"error":"${text}: about 9 tokens of 8"}`,
    });
  });

  it('passes on when to come back', () => {
    const fault = new Fault('budget-refused', 'later', { retryAfterSeconds: 30 });
    expect(toError(fault).headers).toEqual({ 'retry-after': '30' });
    expect(toError(new Fault('link-down', 'x', { retryAfterSeconds: 7 })).headers).toEqual({
      'retry-after': '7',
    });
  });

  it('answers unknown paths and methods in plain text', () => {
    expect(toError(new Fault('not-found', 'x'))).toEqual({
      status: 404,
      contentType: 'text/plain',
      body: '404 page not found',
    });
    expect(toError(new Fault('method-not-allowed', 'x', { allow: ['GET', 'HEAD'] }))).toEqual({
      status: 405,
      contentType: 'text/plain',
      body: '405 method not allowed',
      headers: { allow: 'GET, HEAD' },
    });
  });
});

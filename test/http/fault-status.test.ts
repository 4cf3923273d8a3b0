import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode } from '../../src/core/fault.js';
import { faultHeaders } from '../../src/http/answer/fault-status.js';

const noRetry = { 'x-should-retry': 'false' };
const CODES: readonly FaultCode[] = [
  'link-down',
  'shutting-down',
  'link-lost',
  'worker-error',
  'timeout',
  'model-not-found',
];

describe('what SDKs are told about another try', () => {
  it.each(CODES)('%s after the prompt: none, whatever time the fault names', (code) => {
    expect(faultHeaders(new Fault(code, 'x', { retryAfterSeconds: 3, afterPrompt: true }))).toEqual(noRetry);
  });

  it('501: none, ever', () => {
    expect(faultHeaders(new Fault('not-offered', 'x', { retryAfterSeconds: 3 }))).toEqual(noRetry);
  });

  it('503 before the prompt: when, with or without a time of its own', () => {
    expect(faultHeaders(new Fault('shutting-down', 'x'))).toEqual({ 'retry-after': '1' });
    expect(faultHeaders(new Fault('link-down', 'x', { retryAfterSeconds: 4 }))).toEqual({
      'retry-after': '4',
    });
  });
});

describe('a fault with further details', () => {
  it('keeps those that it had', () => {
    const cause = new Error('why');
    const fault = new Fault('link-down', 'words', { retryAfterSeconds: 4, param: 'p', reason: 'r', cause });
    expect(fault.with({ afterPrompt: true })).toMatchObject({
      code: 'link-down',
      message: 'words',
      retryAfterSeconds: 4,
      param: 'p',
      reason: 'r',
      afterPrompt: true,
      cause,
    });
  });
});

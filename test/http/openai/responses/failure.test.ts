import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode, type FaultDetails } from '../../../../src/core/fault.js';
import { toResponseError } from '../../../../src/http/openai/responses/failure.js';

/** Every code that there is: [code on the wire, details, words] */
const table: Record<FaultCode, readonly [string, FaultDetails?, string?]> = {
  'context-too-long': ['context_length_exceeded'],
  'budget-refused': ['rate_limit_exceeded', { retryAfterSeconds: 11 }, 'Said why. Please try again in 11s.'],
  'rate-limited': ['rate_limit_exceeded', { retryAfterSeconds: 2 }, 'Said why. Please try again in 2s.'],
  'payment-required': ['insufficient_quota'],
  'bad-request': ['invalid_prompt'],
  unauthorized: ['invalid_prompt'],
  forbidden: ['invalid_prompt'],
  'not-found': ['invalid_prompt'],
  'method-not-allowed': ['invalid_prompt', { allow: ['GET'] }, 'Method not allowed. This path takes GET.'],
  'model-not-found': [
    'invalid_prompt',
    { param: 'x' },
    'The model `x` does not exist or you do not have access to it.',
  ],
  'body-too-large': ['invalid_prompt'],
  'body-timeout': ['invalid_prompt'],
  'not-offered': ['invalid_prompt'],
  'model-not-served': ['server_error'],
  'link-down': ['server_error'],
  'shutting-down': ['server_error'],
  busy: ['server_error'],
  'folder-missing': ['invalid_prompt'],
  'link-lost': ['server_error'],
  'prompt-lost': ['server_error'],
  'output-lost': ['server_error'],
  'worker-error': ['server_error'],
  'invalid-answer': ['server_error'],
  'tool-failed': ['server_error'],
  'limit-reached': ['rate_limit_exceeded', { retryAfterSeconds: 60 }, 'Said why. Please try again in 60s.'],
  overloaded: ['server_error'],
  unreachable: ['server_error'],
  unprocessable: ['invalid_prompt'],
  'no-access': ['server_error'],
  timeout: ['server_error'],
  'client-too-slow': ['server_error'],
  'client-left': ['server_error'],
  internal: ['server_error'],
};

describe('a failed response', () => {
  it.each(Object.keys(table) as FaultCode[])('has a code that Codex knows for %s', (faultCode) => {
    const [code, details = {}, message = 'Said why.'] = table[faultCode];
    expect(toResponseError(new Fault(faultCode, 'Said why.', details))).toEqual({ code, message });
  });

  it('names the quota where no time would help', () => {
    expect(toResponseError(new Fault('budget-refused', 'No.')).code).toBe('insufficient_quota');
  });
});

/** The HTTP side of a fault that is the same on every surface: its status, and what it says about another try. */
import type { Fault, FaultCode } from '../conversation/fault.js';

/** Where the fault itself does not say when to come back. */
const RETRY_AFTER_SECONDS = 1;

/** The status that a fault has as long as no byte of the answer is out. */
export function statusOf(code: FaultCode): number {
  switch (code) {
    case 'bad-request':
    case 'context-too-long':
      return 400;
    case 'unauthorized':
      return 401;
    case 'payment-required':
      return 402;
    case 'forbidden':
      return 403;
    case 'not-found':
    case 'model-not-found':
      return 404;
    case 'method-not-allowed':
      return 405;
    case 'body-too-large':
      return 413;
    case 'budget-refused':
      return 429;
    case 'internal':
      return 500;
    case 'not-offered':
      return 501;
    case 'link-lost':
    case 'prompt-lost':
    case 'output-lost':
    case 'worker-error':
    case 'invalid-answer':
    case 'tool-failed':
      return 502;
    case 'link-down':
    case 'shutting-down':
    case 'client-too-slow':
      return 503;
    case 'timeout':
      return 504;
    default:
      return code satisfies never;
  }
}

/**
 * `retry-after` where the fault names a time, or nothing was asked of a worker and the next attempt may succeed; `x-should-retry: false` on every
 * other status that SDKs repeat by themselves (402, 429 and 5xx), because that would run, and charge, the prompt again
 * (spec/openai.md §5.3); `allow` where the method is wrong.
 */
export function faultHeaders(fault: Fault): Readonly<Record<string, string>> {
  const isPassing = fault.code === 'link-down' || fault.code === 'shutting-down';
  if (isPassing || fault.retryAfterSeconds !== undefined) {
    return { 'retry-after': String(fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS) };
  }
  if (fault.code === 'method-not-allowed') return { allow: (fault.allow ?? []).join(', ') };
  const status = statusOf(fault.code);
  return status >= 500 || status === 402 || status === 429 ? { 'x-should-retry': 'false' } : {};
}

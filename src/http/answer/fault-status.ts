/** The HTTP side of a fault that is the same on every surface: its status, and the headers about a retry. */
import type { Fault, FaultCode } from '../../core/fault.js';

/** Where the fault itself does not say when to come back. */
const RETRY_AFTER_SECONDS = 1;

const NO_RETRY: Readonly<Record<string, string>> = { 'x-should-retry': 'false' };

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
    case 'body-timeout':
      return 408;
    case 'body-too-large':
      return 413;
    case 'unprocessable':
      return 422;
    case 'budget-refused':
    case 'rate-limited':
    case 'limit-reached':
      return 429;
    case 'client-left':
      return 499;
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
    case 'model-not-served':
    case 'link-down':
    case 'shutting-down':
    case 'busy':
    case 'folder-missing':
    case 'overloaded':
    case 'no-access':
    case 'unreachable':
    case 'client-too-slow':
      return 503;
    case 'timeout':
      return 504;
    default:
      return code satisfies never;
  }
}

/**
 * What SDKs go by, which repeat 402, 429 and 5xx on their own (src/http/README.md, "Retries"). As soon as a worker may have
 * been asked, and on 501, `x-should-retry: false` and no `retry-after`: another try would run, and charge, the prompt again,
 * or get the same answer. Before that `retry-after` where the fault names a time, and on every 503; `x-should-retry: false`
 * on the others. `allow` where the method is wrong.
 */
export function faultHeaders(fault: Fault): Readonly<Record<string, string>> {
  const status = statusOf(fault.code);
  // A client is too slow only for an answer that has begun; a folder does not come by itself.
  const isLasting = status === 501 || fault.code === 'client-too-slow' || fault.code === 'folder-missing';
  if (fault.afterPrompt || isLasting) return NO_RETRY;
  if (fault.retryAfterSeconds !== undefined || status === 503) {
    return { 'retry-after': String(fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS) };
  }
  if (fault.code === 'method-not-allowed') return { allow: (fault.allow ?? []).join(', ') };
  return status >= 500 || status === 402 || status === 429 ? NO_RETRY : {};
}

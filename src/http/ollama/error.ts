/** Faults as Ollama answers them (spec/ollama.md §5). */
import type { Fault, FaultCode } from '../../conversation/fault.js';
import type { WireAnswer } from '../surface.js';
import { toErrorText } from './error-text.js';
import { jsonAnswer } from './json-answer.js';

/** Where the fault itself does not say when to come back. */
const RETRY_AFTER_SECONDS = 1;

/** `{"error":"TEXT"}`, but for unknown paths and methods, which Ollama's router answers in plain text. */
export function toError(fault: Fault): WireAnswer {
  switch (fault.code) {
    case 'not-found':
      return { status: 404, contentType: 'text/plain', body: '404 page not found' };
    case 'method-not-allowed':
      return {
        status: 405,
        contentType: 'text/plain',
        body: '405 method not allowed',
        headers: { allow: (fault.allow ?? []).join(', ') },
      };
    default:
      return {
        ...jsonAnswer({ error: toErrorText(fault) }, toStatus(fault.code)),
        headers: { ...retryAfter(fault), ...shouldRetry(fault.code) },
      };
  }
}

function toStatus(code: Exclude<FaultCode, 'not-found' | 'method-not-allowed'>): number {
  switch (code) {
    case 'bad-request':
      return 400;
    case 'unauthorized':
      return 401;
    case 'payment-required':
      return 402;
    case 'model-not-found':
      return 404;
    case 'body-too-large':
      return 413;
    case 'budget-refused':
      return 429;
    case 'internal':
      return 500;
    case 'link-lost':
    case 'prompt-lost':
    case 'output-lost':
    case 'worker-error':
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

function retryAfter(fault: Fault): Readonly<Record<string, string>> {
  const seconds = fault.retryAfterSeconds ?? (isPassing(fault.code) ? RETRY_AFTER_SECONDS : undefined);
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

/** Clients repeat every 5xx by themselves, which would run a prompt again that may have cost money already. */
function shouldRetry(
  code: Exclude<FaultCode, 'not-found' | 'method-not-allowed'>,
): Readonly<Record<string, string>> {
  return toStatus(code) >= 500 && !isPassing(code) ? { 'x-should-retry': 'false' } : {};
}

/** True where nothing was asked of a worker and the next attempt may succeed. */
function isPassing(code: FaultCode): boolean {
  return code === 'link-down' || code === 'shutting-down';
}

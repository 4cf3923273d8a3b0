/**
 * Why a response failed, in the codes that Codex and OpenAI's clients know (src/http/openai/README.md, "Response object" and
 * "Codex").
 */
import type { Fault } from '../../../core/fault.js';
import { toErrorObject } from '../error.js';

export interface ResponseError {
  readonly code:
    | 'server_error'
    | 'invalid_prompt'
    | 'rate_limit_exceeded'
    | 'insufficient_quota'
    | 'context_length_exceeded';
  readonly message: string;
}

export function toResponseError(fault: Fault): ResponseError {
  const { message } = toErrorObject(fault);
  const code = toCode(fault);
  const seconds = fault.retryAfterSeconds;
  // Codex reads the delay from the words.
  if (code !== 'rate_limit_exceeded' || seconds === undefined) return { code, message };
  return { code, message: `${message} Please try again in ${seconds}s.` };
}

/** Codex repeats a turn for every code that it does not know, so what would fail again is `invalid_prompt`. */
function toCode(fault: Fault): ResponseError['code'] {
  switch (fault.code) {
    case 'context-too-long':
      return 'context_length_exceeded';
    case 'budget-refused':
      return fault.retryAfterSeconds === undefined ? 'insufficient_quota' : 'rate_limit_exceeded';
    case 'rate-limited':
    case 'limit-reached':
      return 'rate_limit_exceeded';
    case 'payment-required':
      return 'insufficient_quota';
    case 'bad-request':
    case 'unprocessable':
    case 'unauthorized':
    case 'forbidden':
    case 'not-found':
    case 'method-not-allowed':
    case 'model-not-found':
    case 'body-too-large':
    case 'body-timeout':
    case 'not-offered':
    case 'folder-missing':
      return 'invalid_prompt';
    case 'model-not-served':
    case 'link-down':
    case 'shutting-down':
    case 'busy':
    case 'overloaded':
    case 'no-access':
    case 'unreachable':
    case 'link-lost':
    case 'prompt-lost':
    case 'output-lost':
    case 'worker-error':
    case 'invalid-answer':
    case 'tool-failed':
    case 'timeout':
    case 'client-too-slow':
    case 'client-left':
    case 'internal':
      return 'server_error';
    default:
      return fault.code satisfies never;
  }
}

/** Words a fault the way OpenAI's clients understand it (src/http/openai/README.md, "Errors"). */
import type { Fault } from '../../core/fault.js';
import { faultHeaders, statusOf } from '../answer/fault-status.js';
import { WireAnswer } from '../answer/wire-answer.js';

interface WireError {
  readonly type: string;
  readonly code: string | null;
  /** The fault's own where absent. */
  readonly message?: string;
  readonly param?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Pure. The body is one line, so that a stream can send it in-band. */
export function toError(fault: Fault): WireAnswer {
  const { headers } = toWireError(fault);
  return WireAnswer.json(
    { error: toErrorObject(fault) },
    { status: statusOf(fault.code), headers: { ...faultHeaders(fault), ...headers } },
  );
}

/** What stands under `error`: all four keys, always. */
export function toErrorObject(fault: Fault) {
  const { type, code, message = fault.message, param = null } = toWireError(fault);
  return { message, type, param, code };
}

function toWireError(fault: Fault): WireError {
  switch (fault.code) {
    case 'bad-request':
    case 'unprocessable':
      return { ...invalidRequest(fault.reason ?? null), param: fault.param ?? null };
    case 'context-too-long':
      return { ...invalidRequest('context_length_exceeded'), param: fault.param ?? 'messages' };
    case 'unauthorized':
      return {
        ...invalidRequest('invalid_api_key'),
        message: asSentence(fault.message),
        headers: { 'www-authenticate': 'Bearer' },
      };
    case 'forbidden':
      return { type: 'request_forbidden', code: null };
    case 'not-found':
      // With a `param` it is a thing that a known route does not find, and has no code.
      return invalidRequest(fault.param === undefined ? 'unknown_url' : null);
    case 'model-not-found':
      return {
        ...invalidRequest(fault.reason ?? 'model_not_found'),
        message: unknownModel(fault),
        param: 'model',
      };
    case 'method-not-allowed': {
      const allow = (fault.allow ?? []).join(', ');
      return {
        ...invalidRequest('method_not_supported'),
        message: `Method not allowed. This path takes ${allow}.`,
      };
    }
    case 'body-too-large':
    case 'body-timeout':
      return invalidRequest(fault.reason ?? null);
    case 'payment-required':
      return { type: 'insufficient_quota', code: fault.reason ?? 'payment_required' };
    case 'budget-refused':
      return { type: 'insufficient_quota', code: 'insufficient_quota' };
    case 'rate-limited':
      return { type: 'requests', code: 'rate_limit_exceeded' };
    case 'limit-reached':
      return {
        type: fault.reason === 'insufficient_quota' ? fault.reason : 'tokens',
        code: fault.reason ?? 'rate_limit_exceeded',
      };
    case 'not-offered':
      return { type: 'not_supported_error', code: 'not_supported' };
    case 'model-not-served':
      return { ...serverError('service_unavailable'), param: 'model' };
    case 'link-down':
    case 'shutting-down':
    case 'busy':
    case 'folder-missing':
    case 'no-access':
    case 'unreachable':
      return serverError('service_unavailable');
    case 'overloaded':
      return serverError(fault.reason ?? 'service_unavailable');
    case 'link-lost':
    case 'prompt-lost':
    case 'output-lost':
    case 'worker-error':
    case 'tool-failed':
      return serverError('upstream_error');
    case 'invalid-answer':
      return { ...serverError('upstream_error'), param: fault.param ?? null };
    case 'client-too-slow':
      return serverError('client_too_slow');
    case 'timeout':
      return serverError('timeout');
    case 'client-left':
      return invalidRequest('client_closed_request');
    case 'internal':
      return serverError(null);
    default:
      return fault.code satisfies never;
  }
}

function invalidRequest(code: string | null): WireError {
  return { type: 'invalid_request_error', code };
}

function serverError(code: string | null): WireError {
  return { type: 'server_error', code };
}

/** The conversation names the model and leaves the words to us; the models route has words of its own. */
function unknownModel(fault: Fault): string {
  if (fault.param === undefined) return fault.message;
  return `The model \`${fault.param}\` does not exist or you do not have access to it.`;
}

function asSentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`;
}

/** Words a fault the way OpenAI's clients understand it (spec/openai.md §5). */
import type { Fault } from '../../conversation/fault.js';
import { jsonText } from '../json-text.js';
import type { WireAnswer } from '../surface.js';

interface WireError {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  /** The fault's own where absent. */
  readonly message?: string;
  readonly param?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The SDKs retry 408, 409, 429 and every 5xx twice unless they are told not to (§5.3). */
const NO_RETRY = { 'x-should-retry': 'false' };

const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** Pure. The body is one line, so that a stream can tell it in-band. */
export function toError(fault: Fault): WireAnswer {
  const { status, type, code, message = fault.message, param = null, headers } = toWireError(fault);
  return {
    status,
    contentType: 'application/json',
    body: jsonText({ error: { message, type, param, code } }),
    ...(headers ? { headers } : {}),
  };
}

function toWireError(fault: Fault): WireError {
  switch (fault.code) {
    case 'bad-request':
      return { ...invalidRequest(400, fault.reason ?? null), param: fault.param ?? null };
    case 'unauthorized':
      return {
        ...invalidRequest(401, 'invalid_api_key'),
        message: asSentence(fault.message),
        headers: { 'www-authenticate': 'Bearer' },
      };
    case 'not-found':
      return invalidRequest(404, 'unknown_url');
    case 'model-not-found':
      return { ...invalidRequest(404, 'model_not_found'), message: unknownModel(fault), param: 'model' };
    case 'method-not-allowed': {
      const allow = (fault.allow ?? []).join(', ');
      return {
        ...invalidRequest(405, 'method_not_supported'),
        message: `Method not allowed. This path takes ${allow}.`,
        headers: { allow },
      };
    }
    case 'body-too-large':
      return invalidRequest(413, null);
    case 'payment-required':
      return { status: 402, type: 'insufficient_quota', code: 'payment_required', headers: NO_RETRY };
    case 'budget-refused':
      return { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', headers: NO_RETRY };
    case 'link-down':
    case 'shutting-down':
      return { status: 503, type: 'server_error', code: 'service_unavailable', headers: retryAfter(fault) };
    case 'link-lost':
    case 'prompt-lost':
    case 'output-lost':
    case 'worker-error':
      return serverError(502, 'upstream_error');
    case 'client-too-slow':
      return serverError(503, 'client_too_slow');
    case 'timeout':
      return serverError(504, 'timeout');
    case 'internal':
      return serverError(500, null);
    default:
      return fault.code satisfies never;
  }
}

function invalidRequest(status: number, code: string | null): WireError {
  return { status, type: 'invalid_request_error', code };
}

/** Asking again would run the model again, and as a rule fail again. */
function serverError(status: number, code: string | null): WireError {
  return { status, type: 'server_error', code, headers: NO_RETRY };
}

function retryAfter(fault: Fault): Readonly<Record<string, string>> {
  return { 'retry-after': String(fault.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS) };
}

/** The conversation names the model and leaves the words to us; the models route has words of its own. */
function unknownModel(fault: Fault): string {
  if (fault.param === undefined) return fault.message;
  return `The model \`${fault.param}\` does not exist or you do not have access to it.`;
}

function asSentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`;
}

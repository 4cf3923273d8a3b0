/** Words a fault the way Anthropic's clients understand it. */
import { randomUUID } from 'node:crypto';
import { type Excess, Fault, type FaultCode } from '../../core/fault.js';
import { faultHeaders, statusOf } from '../answer/fault-status.js';
import { jsonText } from '../answer/line-text.js';
import { WireAnswer } from '../answer/wire-answer.js';
import { toRequestId } from '../request-headers.js';

/** The header that Anthropic's SDKs read a request's id from; they print it with every error. */
export const REQUEST_ID_HEADER = 'request-id';

/** Pure, given an id, which stands in the body and in the header. */
export function toError(fault: Fault, id: string = toRequestId(randomUUID())): WireAnswer {
  return WireAnswer.json(
    { type: 'error', error: toErrorObject(fault), request_id: id },
    { status: toStatus(fault.code), headers: { ...faultHeaders(fault), [REQUEST_ID_HEADER]: id } },
  );
}

/** The same in the middle of a stream, as its last event. */
export function toErrorEvent(fault: Fault): string {
  return `event: error\ndata: ${jsonText({ type: 'error', error: toErrorObject(fault) })}\n\n`;
}

function toErrorObject(fault: Fault) {
  // 503 would say overloaded, which is for the provider to put right, not for the operator.
  const isOperators = fault.code === 'no-access' || fault.code === 'unreachable';
  const type = isOperators ? 'api_error' : toErrorType(toStatus(fault.code));
  return { type, message: toMessage(fault) };
}

/** Anthropic has a status of its own for a model that has too much to do. */
function toStatus(code: FaultCode): number {
  return code === 'overloaded' ? 529 : statusOf(code);
}

function toMessage(fault: Fault): string {
  switch (fault.code) {
    case 'model-not-found':
      return fault.param === undefined ? fault.message : `model: ${fault.param}`;
    case 'context-too-long':
      // Agents look for these words to know that they must shorten the conversation, and some read the numbers.
      return `prompt is too long: ${fault.excess === undefined ? fault.message : toExcess(fault.excess)}`;
    default:
      return fault.message;
  }
}

function toExcess({ tokens, limit }: Excess): string {
  return `${tokens} tokens > ${limit} maximum`;
}

/** Anthropic's name for a kind of error, which follows its status. */
export function toErrorType(status: number): string {
  switch (status) {
    case 400:
    case 408:
    case 422:
    case 499:
      return 'invalid_request_error';
    case 401:
      return 'authentication_error';
    case 402:
      return 'billing_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 503:
    case 529:
      return 'overloaded_error';
    case 504:
      return 'timeout_error';
    default:
      return 'api_error';
  }
}

/** A `bad-request` whose message begins with the place, as Anthropic writes it: `messages.0.role: …`. */
export function invalid(path: readonly PropertyKey[], message: string): Fault {
  const param = path.map(String).join('.');
  return new Fault('bad-request', param === '' ? message : `${param}: ${message}`, { param });
}

/** Words a fault the way Anthropic's clients understand it. */
import type { Fault } from '../../core/fault.js';
import { faultHeaders, statusOf } from '../answer/fault-status.js';
import { jsonText } from '../answer/line-text.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { createRequestId } from '../request-id.js';
import { toErrorType } from './error-type.js';
import { REQUEST_ID_HEADER } from './request-id.js';

/** Pure, given an id, which stands in the body and in the header. */
export function toError(fault: Fault, id: string = createRequestId()): WireAnswer {
  return {
    status: statusOf(fault.code),
    contentType: 'application/json',
    body: jsonText({ type: 'error', error: toErrorObject(fault), request_id: id }),
    headers: { ...faultHeaders(fault), [REQUEST_ID_HEADER]: id },
  };
}

/** The same in the middle of a stream, as its last event. */
export function toErrorEvent(fault: Fault): string {
  return `event: error\ndata: ${jsonText({ type: 'error', error: toErrorObject(fault) })}\n\n`;
}

function toErrorObject(fault: Fault) {
  return { type: toErrorType(statusOf(fault.code)), message: toMessage(fault) };
}

function toMessage(fault: Fault): string {
  switch (fault.code) {
    case 'model-not-found':
      return fault.param === undefined ? fault.message : `model: ${fault.param}`;
    case 'context-too-long':
      // Agents look for these words to know that they must shorten the conversation.
      return `prompt is too long: ${fault.message}`;
    default:
      return fault.message;
  }
}

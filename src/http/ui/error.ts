/** Words faults for the page and for programs that watch the bridge. */
import type { Fault } from '../../core/fault.js';
import { faultHeaders, statusOf } from '../answer/fault-status.js';
import type { WireAnswer } from '../surface.js';
import { jsonAnswer } from './json-answer.js';

export function toError(fault: Fault): WireAnswer {
  const { code, message } = fault;
  const answer = jsonAnswer({ error: { code, message } }, statusOf(code));
  return { ...answer, headers: { ...answer.headers, ...faultHeaders(fault) } };
}

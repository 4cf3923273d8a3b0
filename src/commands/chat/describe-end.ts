/** Why an answer is not, or may not be, all that was wanted: one clear line with what to do. */
import type { FinishReason } from '../../core/event.js';
import type { Fault } from '../../core/fault.js';
import { remedyFor } from '../../observe/remedy.js';
import { toPrintableLine } from '../printable.js';

/** What went wrong, and what to do about it. */
export function describeFault({ code, message }: Fault): string {
  return `${toPrintableLine(message).replace(/\.$/, '')}. ${remedyFor(code)}`;
}

/** Undefined for an answer that is whole. */
export function describeReason(reason: FinishReason): string | undefined {
  switch (reason) {
    case 'stop':
      return undefined;
    case 'length':
      return 'the answer was cut off where the model may write no more';
    case 'content-filter':
      return "the answer was cut off by the filter of the model's provider";
    case 'tool-calls':
      return 'the model wants tools, which there are none of here';
    default:
      return reason satisfies never;
  }
}

/** What there is to say at the end of an answer, in one line: why it is not whole and what to do, and what it took. */
import type { FinishReason } from '../../core/event.js';
import type { Fault } from '../../core/fault.js';
import { remedyFor } from '../../observe/remedy.js';
import { toPrintableLine } from '../../core/printable.js';
import type { AnswerFigures } from './ask.js';

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

/** The speed of an answer that came all at once says nothing. */
const MIN_WRITING_MS = 10;

/** `120 tokens read, 34 written in 1.9 s (the first after 0.4 s), 22.7 tokens/s`. */
export function describeFigures({ usage, firstMs, totalMs }: AnswerFigures): string {
  const { promptTokens, completionTokens, estimated } = usage;
  const writingMs = totalMs - firstMs;
  const speed =
    writingMs >= MIN_WRITING_MS ? `, ${((completionTokens * 1_000) / writingMs).toFixed(1)} tokens/s` : '';
  const times = `${completionTokens} written in ${toSeconds(totalMs)} (the first after ${toSeconds(firstMs)})`;
  return `${promptTokens} tokens read, ${times}${speed}${estimated ? '; the counts are guesses' : ''}`;
}

/** The same in short: `34 tokens in 1.9 s`. */
export function describeCost({ usage, totalMs }: AnswerFigures): string {
  const { completionTokens, estimated } = usage;
  return `${estimated ? 'about ' : ''}${completionTokens} tokens in ${toSeconds(totalMs)}`;
}

function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** What an answer took. */
import type { AnswerFigures } from './ask.js';

/** The speed of an answer that came all at once says nothing. */
const MIN_WRITING_MS = 10;

/** One line: `120 tokens read, 34 written in 1.9 s (the first after 0.4 s), 22.7 tokens/s`. */
export function showFigures({ usage, firstMs, totalMs }: AnswerFigures): string {
  const { promptTokens, completionTokens, estimated } = usage;
  const writingMs = totalMs - firstMs;
  const speed =
    writingMs >= MIN_WRITING_MS ? `, ${((completionTokens * 1_000) / writingMs).toFixed(1)} tokens/s` : '';
  const times = `${completionTokens} written in ${toSeconds(totalMs)} (the first after ${toSeconds(firstMs)})`;
  return `${promptTokens} tokens read, ${times}${speed}${estimated ? '; the counts are guesses' : ''}`;
}

function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

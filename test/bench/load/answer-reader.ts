/** Finds the tokens in an answer's text, however it was cut, and knows when the first one came. */
import { TokenCount } from './token-count.js';

/** What stands in front of an answer's text on both surfaces, and in front of it on humd's socket, by dialect. */
export const TEXT_MARKS = { http: '"content":"', chunk: '"delta":"', part: '"text":"' };

export class AnswerReader {
  readonly count: TokenCount;
  readonly #mark: string;
  /** The line that has not ended yet. */
  #rest = '';
  firstTokenAt: number | undefined;
  /** The longest time between two reads that brought tokens, in ms. */
  largestGapMs = 0;
  #lastTokenAt: number | undefined;

  constructor(stream: number, tokens: number, mark: string) {
    this.count = new TokenCount(stream, tokens);
    this.#mark = mark;
  }

  /** Takes a piece of the body. @param now in ms on a monotonic clock */
  accept(piece: string, now: number): void {
    const text = this.#rest === '' ? piece : this.#rest + piece;
    const end = text.lastIndexOf('\n') + 1;
    this.#rest = end === text.length ? '' : text.slice(end);
    if (end > 0) this.readLines(end === text.length ? text : text.slice(0, end), now);
  }

  /** The body is over: a last line may have no end. */
  end(now: number): void {
    if (this.#rest !== '') this.readLines(this.#rest, now);
    this.#rest = '';
  }

  readLines(text: string, now: number): void {
    const mark = this.#mark;
    const before = this.count.tokens;
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at)) {
      at = this.count.read(text, at + mark.length);
    }
    if (this.count.tokens === before) return;
    this.firstTokenAt ??= now;
    if (this.#lastTokenAt !== undefined)
      this.largestGapMs = Math.max(this.largestGapMs, now - this.#lastTokenAt);
    this.#lastTokenAt = now;
  }
}

/**
 * Keeps the messages apart that a model writes within one turn: before and after its tools, for example. Without that the last word of
 * one and the first of the next run together (src/thrum/README.md, "Chunks").
 */
import type { Event } from './event.js';

export type TextDelta = Extract<Event, { type: 'text-delta' }>;

/** A blank line. */
const BREAK = '\n\n';
const LINE_END = 0x0a;

export class MessageBreaks {
  /** Of the block that began last. */
  #blockIdx = -1;
  /** True from the first block of another message until its text begins. */
  #isNewMessage = false;
  /** True once the answer has text, so that what follows can run on. */
  #hasText = false;
  /** True where the next text belongs to another message than the last. */
  #isDue = false;
  /** How many line ends stand at the end of the text. */
  #lineEnds = 0;
  /** The line ends with which the next message begins, as long as nothing else of it has come. */
  #pending = '';

  /** What follows goes to the client as another answer. */
  beginAnswer(): void {
    this.#hasText = false;
    this.#isDue = false;
    this.#lineEnds = 0;
    this.#pending = '';
  }

  /** What follows is another message of the same answer. */
  beginMessage(): void {
    this.#isDue ||= this.#hasText;
  }

  /** A block begins: within a message their indices grow, so that one that does not begins another message. */
  startBlock(chunkType: unknown, blockIdx: unknown): void {
    if (typeof blockIdx !== 'number') return;
    this.#isNewMessage ||= blockIdx <= this.#blockIdx;
    this.#blockIdx = blockIdx;
    if (chunkType !== 'text_start') return;
    this.#isDue ||= this.#isNewMessage && this.#hasText;
    this.#isNewMessage = false;
  }

  /**
   * Text has come, which is not empty: what goes out in its place where it begins another message, else undefined. Line ends alone
   * wait until it is known what they separate.
   */
  separate(text: string): readonly TextDelta[] | undefined {
    if (!this.#isDue) {
      this.#hasText = true;
      this.#countLineEnds(text);
      return undefined;
    }
    const start = text.search(/[^\n]/);
    if (start === -1) {
      this.#pending += text;
      return [];
    }
    const given = this.#pending + text.slice(0, start);
    const missing = BREAK.slice(0, Math.max(0, BREAK.length - this.#lineEnds - given.length));
    this.#isDue = false;
    this.#pending = '';
    this.#lineEnds = 0;
    const rest = text.slice(start);
    this.#countLineEnds(rest);
    return [
      { type: 'text-delta', text: given + missing, isBreak: true },
      { type: 'text-delta', text: rest },
    ];
  }

  #countLineEnds(text: string): void {
    if (text.charCodeAt(text.length - 1) !== LINE_END) {
      this.#lineEnds = 0;
      return;
    }
    let start = text.length;
    while (start > 0 && text.charCodeAt(start - 1) === LINE_END) start--;
    this.#lineEnds = text.length - start + (start === 0 ? this.#lineEnds : 0);
  }
}

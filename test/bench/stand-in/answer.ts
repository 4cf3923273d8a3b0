/** One answer of the stand-in as lines, built from pieces that are made once: tones as humd re-serialises them, keys sorted. */
import { createHash } from 'node:crypto';
import { MODEL, type Order, toToken } from '../order.js';

export class Answer {
  readonly sid: string;
  readonly order: Order;
  /** When the next token is due, in ms on the timer wheel's clock; only where the order has a pace. */
  dueAt = 0;
  isCancelled = false;
  readonly #sigil: string;
  readonly #behind: string;
  #next = 0;

  constructor(sid: string, order: Order) {
    this.order = order;
    this.sid = sid;
    this.#sigil = createHash('sha256').update(`bench:${sid}`).digest('hex').slice(0, 12);
    const address = `"sid":"${sid}","sigil":"${this.#sigil}"}\n`;
    this.#behind = order.dialect === 'chunk' ? `","from":"daemon",${address}` : `","type":"text"},${address}`;
  }

  /** True once every token was taken. */
  get isOver(): boolean {
    return this.#next >= this.order.tokens;
  }

  /** What comes before the first token. */
  opening(): string {
    const address = `"from":"daemon","model":"${MODEL}","nestId":"nest-${this.sid}","sid":"${this.sid}","sigil":"${this.#sigil}"`;
    return `{"chi":"session-ready",${address},"tools":[]}\n`;
  }

  nextToken(): string {
    const index = this.#next++;
    const text = toToken(this.order.stream, index);
    return this.order.dialect === 'chunk'
      ? `{"blockIdx":1,"chi":"chunk","chunkType":"text_delta","delta":"${text}${this.#behind}`
      : `{"chi":"chunk","from":"daemon","index":${index},"part":{"text":"${text}${this.#behind}`;
  }

  /** Leaves the next token out, as a humd does that has no room for it. */
  skipToken(): void {
    this.#next++;
  }

  finish(): string {
    const { tokens } = this.order;
    return `{"chi":"finish","exitCode":0,"finishReason":"stop","from":"daemon","sid":"${this.sid}","sigil":"${this.#sigil}","usage":{"input_tokens":10,"output_tokens":${tokens}}}\n`;
  }
}

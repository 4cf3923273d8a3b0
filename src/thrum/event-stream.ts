/** What one client hears of a turn: a bounded queue with a single reader. */
import type { Event } from '../conversation/event.js';
import { TurnBuffer } from '../conversation/turn-buffer.js';

/** An async iterable of event batches; leaving the loop early means that the client has left. */
export class EventStream implements AsyncIterableIterator<readonly Event[]> {
  readonly #buffer: TurnBuffer;
  readonly #onLeave: () => void;
  #isClosed = false;
  #wake: (() => void) | undefined;

  /**
   * @param maxBufferBytes how many bytes of events may wait for the reader
   * @param onLeave called when the reader leaves before the end
   */
  constructor(maxBufferBytes: number, onLeave: () => void) {
    this.#buffer = new TurnBuffer(maxBufferBytes);
    this.#onLeave = onLeave;
  }

  /** True once the turn has its end: nothing more is taken. */
  get ended(): boolean {
    return this.#buffer.ended;
  }

  offer(event: Event): void {
    this.#buffer.offer(event);
  }

  /** Hands what has come to a reader that waits. */
  flush(): void {
    if (this.#buffer.isEmpty && !this.#isClosed) return;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** No more events, with or without an end. */
  close(): void {
    this.#isClosed = true;
    this.flush();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly Event[], undefined>> {
    if (this.#buffer.isEmpty && !this.#buffer.ended && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#buffer.isEmpty) return { done: true, value: undefined };
    return { done: false, value: this.#buffer.take() };
  }

  async return(): Promise<IteratorResult<readonly Event[], undefined>> {
    this.leave();
    return { done: true, value: undefined };
  }

  /** The reader has gone; it gets no end. */
  leave(): void {
    if (!this.#buffer.ended) this.#onLeave();
  }
}

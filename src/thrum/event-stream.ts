/** What one client hears of a turn: a bounded queue with a single reader. */
import type { BufferBudget } from '../conversation/buffer-budget.js';
import type { Event } from '../conversation/event.js';
import { TurnBuffer } from '../conversation/turn-buffer.js';

export interface EventStreamOptions {
  /** How many bytes of events may wait for the reader. */
  readonly maxBufferBytes: number;
  /** What may wait for all readers; absent where nobody counts that. */
  readonly budget?: BufferBudget | undefined;
  /** The reader leaves before the end. */
  onLeave(): void;
  /** The turn was ended, because all readers together have too much waiting for them and this one has most. */
  onGivenUp(): void;
}

/** An async iterable of event batches; leaving the loop early means that the client has left. */
export class EventStream implements AsyncIterableIterator<readonly Event[]> {
  readonly #buffer: TurnBuffer;
  readonly #onLeave: () => void;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor({ maxBufferBytes, budget, onLeave, onGivenUp }: EventStreamOptions) {
    this.#buffer = new TurnBuffer(maxBufferBytes, budget && { budget, onGivenUp });
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
    this.drop();
  }

  /** Nobody will read what waits. */
  drop(): void {
    this.#buffer.take();
  }
}

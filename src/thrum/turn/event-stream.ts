/** What one client hears of a turn: a bounded queue with a single reader. */
import type { BufferBudget } from './buffer-budget.js';
import type { Event } from '../../core/event.js';
import { TurnBuffer } from './turn-buffer.js';

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

type Result = IteratorResult<readonly Event[], undefined>;

const NO_MORE: Result = { done: true, value: undefined };

/** An async iterable of event batches; leaving the loop early means that the client has left. */
export class EventStream implements AsyncIterableIterator<readonly Event[]> {
  readonly #buffer: TurnBuffer;
  readonly #onLeave: () => void;
  #isClosed = false;
  /** Gives a batch, or the end, to the reader that waits for it. */
  #hand: ((result: Result) => void) | undefined;

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

  /** A read of the socket is over: what has come goes to the reader, or waits for it. */
  flush(): void {
    const hand = this.#hand;
    if (hand === undefined) this.#buffer.hold();
    else if (!this.#buffer.isEmpty || this.#isClosed) {
      this.#hand = undefined;
      hand(this.#take());
    }
  }

  /** No more events, with or without an end. */
  close(): void {
    this.#isClosed = true;
    this.flush();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (!this.#buffer.isEmpty || this.#buffer.ended || this.#isClosed) return Promise.resolve(this.#take());
    return new Promise((resolve) => {
      this.#hand = resolve;
    });
  }

  async return(): Promise<Result> {
    this.leave();
    return { done: true, value: undefined };
  }

  /** The reader has gone; it gets no end. */
  leave(): void {
    const { ended } = this.#buffer;
    this.drop();
    if (!ended) this.#onLeave();
  }

  /** Nobody will read what waits. */
  drop(): void {
    this.#buffer.take();
  }

  #take(): Result {
    return this.#buffer.isEmpty ? NO_MORE : { done: false, value: this.#buffer.take() };
  }
}

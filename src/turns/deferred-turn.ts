/** A turn that takes a moment to begin, at no cost once it runs: its batches come straight from what was begun. */
import type { TurnSignal } from '../core/abort.js';
import type { Event } from '../core/event.js';
import { Fault } from '../core/fault.js';

export type Batches = AsyncIterable<readonly Event[]>;
export type BatchResult = IteratorResult<readonly Event[], unknown>;

export const NO_MORE: IteratorResult<readonly Event[], undefined> = { done: true, value: undefined };

/** For one reader, who asks for one batch at a time. Nothing begins before the first is asked for. */
export class DeferredTurn implements AsyncIterableIterator<readonly Event[]> {
  readonly #begin: () => Batches | Promise<Batches>;
  readonly #signal: TurnSignal;
  #source: AsyncIterator<readonly Event[]> | undefined;
  #state: 'new' | 'begun' | 'over' = 'new';

  /**
   * @param begin gives the turn to read, at once where nothing is to be waited for. What it throws or rejects with ends the turn as its
   *   fault, or without a word where the client has left by then.
   */
  constructor(begin: () => Batches | Promise<Batches>, signal: TurnSignal) {
    this.#begin = begin;
    this.#signal = signal;
  }

  next(): Promise<BatchResult> {
    if (this.#source !== undefined) return this.#source.next();
    if (this.#state !== 'new') return Promise.resolve(NO_MORE);
    this.#state = 'begun';
    try {
      const batches = this.#begin();
      return batches instanceof Promise ? this.#first(batches) : this.#read(batches);
    } catch (error) {
      return Promise.resolve(this.#refuse(error));
    }
  }

  /** The reader leaves: what was begun, or is just beginning, is left too. */
  async return(): Promise<BatchResult> {
    const source = this.#source;
    this.#state = 'over';
    this.#source = undefined;
    await source?.return?.();
    return NO_MORE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #first(beginning: Promise<Batches>): Promise<BatchResult> {
    let batches: Batches;
    try {
      batches = await beginning;
    } catch (error) {
      return this.#refuse(error);
    }
    if (this.#state !== 'over') return this.#read(batches);
    await batches[Symbol.asyncIterator]().return?.();
    return NO_MORE;
  }

  #read(batches: Batches): Promise<BatchResult> {
    this.#source = batches[Symbol.asyncIterator]();
    return this.#source.next();
  }

  #refuse(error: unknown): BatchResult {
    const isRefused = this.#state === 'begun' && !this.#signal.aborted;
    this.#state = 'over';
    if (!isRefused) return NO_MORE;
    return { done: false, value: [{ type: 'fault', fault: Fault.from(error) }] };
  }
}

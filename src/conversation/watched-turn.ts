/** A turn whose batches are looked at as they pass: one promise for each, where an async generator makes several. */
import type { Event } from './event.js';

type Batches = AsyncIterable<readonly Event[]>;

export interface TurnWatcher {
  batch?(batch: readonly Event[]): void;
  /** Once, however the reading of a turn that was begun ends. */
  over(): void;
}

/** Nothing begins before the first batch is asked for. For one reader, who asks for one batch at a time. */
export class WatchedTurn implements AsyncIterableIterator<readonly Event[]> {
  readonly #begin: () => Batches | Promise<Batches>;
  readonly #watcher: TurnWatcher;
  #source: AsyncIterator<readonly Event[]> | undefined;
  #state: 'new' | 'running' | 'over' = 'new';

  /** @param begin gives the turn to read, and may take its time; what it throws is what the reader hears */
  constructor(begin: () => Batches | Promise<Batches>, watcher: TurnWatcher) {
    this.#begin = begin;
    this.#watcher = watcher;
  }

  next(): Promise<IteratorResult<readonly Event[], undefined>> {
    if (this.#source !== undefined) return this.#source.next().then(this.#pass, this.#fail);
    if (this.#state === 'over') return Promise.resolve({ done: true, value: undefined });
    return this.#first().then(this.#pass, this.#fail);
  }

  async return(): Promise<IteratorResult<readonly Event[], undefined>> {
    const source = this.#source;
    try {
      if (this.#state === 'running') await source?.return?.();
    } finally {
      this.#end();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #first(): Promise<IteratorResult<readonly Event[], unknown>> {
    this.#state = 'running';
    const batches = await this.#begin();
    const source = batches[Symbol.asyncIterator]();
    this.#source = source;
    return source.next();
  }

  readonly #pass = (
    result: IteratorResult<readonly Event[], unknown>,
  ): IteratorResult<readonly Event[], undefined> => {
    if (!result.done) {
      this.#watcher.batch?.(result.value);
      return result;
    }
    this.#end();
    return { done: true, value: undefined };
  };

  readonly #fail = (error: unknown): never => {
    this.#end();
    throw error;
  };

  #end(): void {
    const wasBegun = this.#state === 'running';
    this.#state = 'over';
    this.#source = undefined;
    if (wasBegun) this.#watcher.over();
  }
}

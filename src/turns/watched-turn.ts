/** A turn whose batches are looked at as they pass, at the cost of one promise for each batch, however many look. */
import type { Event } from '../core/event.js';

type Batches = AsyncIterable<readonly Event[]>;
type Result = IteratorResult<readonly Event[], undefined>;

export interface TurnWatcher {
  batch?(batch: readonly Event[]): void;
  /** Once, however the reading of a turn that was begun ends. */
  over(): void;
}

/**
 * Nothing begins before the first batch is asked for. For one reader, who asks for one batch at a time. Where what is begun is
 * watched too, its watchers come first, and its source is read from here.
 */
export class WatchedTurn implements AsyncIterableIterator<readonly Event[]> {
  readonly #begin: () => Batches | Promise<Batches>;
  readonly #watcher: TurnWatcher;
  /** Its own, behind those of the turns that were begun for it. */
  readonly #watchers: TurnWatcher[];
  #source: AsyncIterator<readonly Event[]> | undefined;
  #state: 'new' | 'running' | 'over' = 'new';

  /** @param begin gives the turn to read, and may take its time; what it throws is what the reader hears */
  constructor(begin: () => Batches | Promise<Batches>, watcher: TurnWatcher) {
    this.#begin = begin;
    this.#watcher = watcher;
    this.#watchers = [watcher];
  }

  next(): Promise<Result> {
    if (this.#source !== undefined) return this.#source.next().then(this.#pass, this.#fail);
    if (this.#state === 'over') return Promise.resolve({ done: true, value: undefined });
    return this.#first().then(this.#pass, this.#fail);
  }

  async return(): Promise<Result> {
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
    let begun = await this.#begin();
    while (begun instanceof WatchedTurn && begun.#state === 'new') {
      const inner: WatchedTurn = begun;
      inner.#state = 'over';
      this.#watchers.unshift(inner.#watcher);
      begun = await inner.#begin();
    }
    const source = begun[Symbol.asyncIterator]();
    this.#source = source;
    return source.next();
  }

  readonly #pass = (result: IteratorResult<readonly Event[], unknown>): Result => {
    if (!result.done) {
      for (const watcher of this.#watchers) watcher.batch?.(result.value);
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
    if (wasBegun) for (const watcher of this.#watchers) watcher.over();
  }
}

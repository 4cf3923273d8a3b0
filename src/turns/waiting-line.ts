/** A queue of turns that wait for a place, first come first; bounded in number and in time. */
import type { TurnSignal } from '../core/abort.js';
import { Fault } from '../core/fault.js';
import { Waiters } from '../core/waiters.js';

/** Read at each use. */
export interface WaitingLimits {
  /** How many may wait. */
  readonly maxQueuedTurns: number;
  /** How long one may wait, in ms. */
  readonly queueTimeoutMs: number;
}

/** When to try again, for a turn that got no place. */
const RETRY_AFTER_SECONDS = 1;

/** Iterates over the entries, first come first; entries may be admitted meanwhile. */
export class WaitingLine<Entry> implements Iterable<Entry> {
  readonly #limits: WaitingLimits;
  readonly #waiters = new Waiters<Entry>();

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiters.size;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#waiters[Symbol.iterator]();
  }

  /**
   * Waits at the end of the line. Resolves when the entry is admitted; rejects with `busy` if the line is full, or after
   * `timeoutMs`, or with the signal's reason when it aborts.
   * @param entry a different object for each call
   * @param timeoutMs how long it may wait; infinite for as long as its client does
   */
  async join(entry: Entry, signal: TurnSignal, timeoutMs = this.#limits.queueTimeoutMs): Promise<void> {
    signal.throwIfAborted();
    if (this.size >= this.#limits.maxQueuedTurns) throw busy('too many turns run here, and too many wait');
    const late = () => busy(`too many turns run here: none ended within ${timeoutMs} ms`);
    await this.#waiters.add(entry, { signal, timeoutMs, late });
  }

  /** Lets one entry go on. */
  admit(entry: Entry): void {
    this.#waiters.resolve(entry);
  }
}

function busy(message: string): Fault {
  return new Fault('busy', `${message}; try again in a moment`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** A queue of turns that wait for a place, first come first; bounded in number and in time. */
import { Fault } from '../core/fault.js';
import type { TurnSignal } from '../core/abort.js';

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
  /** Resolves the promise of each entry. */
  readonly #waiting = new Map<Entry, () => void>();

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#waiting.keys();
  }

  /**
   * Waits at the end of the line. Resolves when the entry is admitted; rejects with `busy` if the line is full, or after
   * `timeoutMs`, or with the signal's reason when it aborts.
   * @param entry a different object for each call
   * @param timeoutMs how long it may wait; infinite for as long as its client does
   */
  join(entry: Entry, signal: TurnSignal, timeoutMs = this.#limits.queueTimeoutMs): Promise<void> {
    return new Promise((resolve, reject) => {
      const { maxQueuedTurns } = this.#limits;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      if (this.#waiting.size >= maxQueuedTurns) {
        reject(busy('too many turns run here, and too many wait'));
        return;
      }
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(entry);
      };
      const onAbort = () => {
        settle();
        reject(signal.reason);
      };
      const isEndless = timeoutMs === Number.POSITIVE_INFINITY;
      const late = () => {
        settle();
        reject(busy(`too many turns run here: none ended within ${timeoutMs} ms`));
      };
      const timer = isEndless ? undefined : setTimeout(late, timeoutMs);
      signal.addEventListener('abort', onAbort);
      this.#waiting.set(entry, () => {
        settle();
        resolve();
      });
    });
  }

  /** Lets one entry go on. */
  admit(entry: Entry): void {
    this.#waiting.get(entry)?.();
  }
}

function busy(message: string): Fault {
  return new Fault('busy', `${message}; try again in a moment`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

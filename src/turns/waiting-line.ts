/** Those who wait for a place, in the order in which they came; bounded in number and in time. */
import { Fault } from '../core/fault.js';
import type { TurnSignal } from '../core/abort.js';

/** Read at each use. */
export interface WaitingLimits {
  /** How many may wait. */
  readonly maxQueuedTurns: number;
  /** How long one may wait, in ms. */
  readonly queueTimeoutMs: number;
}

/** When to come back, for who got no place. */
const RETRY_AFTER_SECONDS = 1;

/** Iterates over the wishes of those who wait, first come first; a wish may be admitted meanwhile. */
export class WaitingLine<Wish> implements Iterable<Wish> {
  readonly #limits: WaitingLimits;
  /** What lets each go on. */
  readonly #waiting = new Map<Wish, () => void>();

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  [Symbol.iterator](): Iterator<Wish> {
    return this.#waiting.keys();
  }

  /**
   * Waits at the end of the line. Resolves when the wish is admitted; rejects with `busy` if the line is full, or after
   * `queueTimeoutMs`, or with the signal's reason when it aborts.
   * @param wish an object of its own for each who waits
   */
  join(wish: Wish, signal: TurnSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const { maxQueuedTurns, queueTimeoutMs } = this.#limits;
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
        this.#waiting.delete(wish);
      };
      const onAbort = () => {
        settle();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        settle();
        reject(busy(`too many turns run here: none ended within ${queueTimeoutMs} ms`));
      }, queueTimeoutMs);
      signal.addEventListener('abort', onAbort);
      this.#waiting.set(wish, () => {
        settle();
        resolve();
      });
    });
  }

  /** Lets one who waits go on. */
  admit(wish: Wish): void {
    this.#waiting.get(wish)?.();
  }
}

function busy(message: string): Fault {
  return new Fault('busy', `${message}; try again in a moment`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

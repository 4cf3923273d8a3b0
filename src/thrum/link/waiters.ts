/** The requests that wait for the link. */
import type { Fault } from '../../core/fault.js';
import type { TurnSignal } from '../../core/abort.js';

interface Waiter {
  /** On a monotonic clock, in ms. */
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class Waiters {
  readonly #waiters = new Set<Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  /** Settles with `resolveAll` or a rejection; rejects with `late()` after `timeoutMs`, or with the signal's reason when it aborts. */
  add(timeoutMs: number, signal: TurnSignal, late: () => Fault): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        deadline: performance.now() + timeoutMs,
        resolve: () => {
          settle();
          resolve();
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      };
      const onAbort = () => waiter.reject(signal.reason);
      const timer = setTimeout(() => waiter.reject(late()), timeoutMs);
      signal.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
    });
  }

  resolveAll(): void {
    for (const waiter of this.#waiters) waiter.resolve();
  }

  /** Rejects those that cannot wait until `time`; all of them where it is infinite. */
  rejectBefore(time: number, reason: () => Fault): void {
    for (const waiter of this.#waiters) if (waiter.deadline < time) waiter.reject(reason());
  }
}

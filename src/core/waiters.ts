/** Waits for what happens elsewhere: each ends with that, or after its time, or when its client leaves, and leaves nothing behind. */
import type { TurnSignal } from './abort.js';
import { Fault } from './fault.js';

export interface WaitOptions<Value> {
  readonly signal: TurnSignal;
  /** In ms; infinite where only the client ends the wait. */
  readonly timeoutMs: number;
  /** What the wait ends with after that: it rejects with a fault, and resolves with anything else. */
  late(): Value | Fault;
}

interface Waiter<Value> {
  resolve(value: Value): void;
  reject(reason: unknown): void;
}

/** Iterates over the keys, first come first; waits may end meanwhile. */
export class Waiters<Key, Value = void> implements Iterable<Key> {
  readonly #waiters = new Map<Key, Waiter<Value>>();

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  has(key: Key): boolean {
    return this.#waiters.has(key);
  }

  [Symbol.iterator](): Iterator<Key> {
    return this.#waiters.keys();
  }

  /**
   * Settles with `resolve` or `reject` of the key, with `late()` after `timeoutMs`, or rejects with the signal's reason when it aborts,
   * at once if it has.
   * @param key of this wait alone
   */
  add(key: Key, { signal, timeoutMs, late }: WaitOptions<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(key);
      };
      const waiter: Waiter<Value> = {
        resolve: (value) => {
          end();
          resolve(value);
        },
        reject: (reason) => {
          end();
          reject(reason);
        },
      };
      const onAbort = () => waiter.reject(signal.reason);
      const onLate = () => {
        const outcome = late();
        if (outcome instanceof Fault) waiter.reject(outcome);
        else waiter.resolve(outcome);
      };
      const timer = Number.isFinite(timeoutMs) ? setTimeout(onLate, timeoutMs) : undefined;
      signal.addEventListener('abort', onAbort);
      this.#waiters.set(key, waiter);
    });
  }

  /** False: nothing waits for it, or not any more. */
  resolve(key: Key, value: Value): boolean {
    const waiter = this.#waiters.get(key);
    waiter?.resolve(value);
    return waiter !== undefined;
  }

  /** False: nothing waits for it, or not any more. */
  reject(key: Key, reason: unknown): boolean {
    const waiter = this.#waiters.get(key);
    waiter?.reject(reason);
    return waiter !== undefined;
  }

  resolveAll(value: Value): void {
    for (const waiter of this.#waiters.values()) waiter.resolve(value);
  }

  rejectAll(reason: unknown): void {
    for (const waiter of this.#waiters.values()) waiter.reject(reason);
  }
}

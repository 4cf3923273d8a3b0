/** A clock that goes on only when it is told to. */
import type { Clock } from '../../../src/http/clock.js';

export class FixedClock implements Clock {
  #passed = 0;

  now(): number {
    return Date.UTC(2026, 7, 21, 10) + Math.floor(this.#passed);
  }

  monotonic(): number {
    return 5_000 + this.#passed;
  }

  pass(milliseconds: number): void {
    this.#passed += milliseconds;
  }
}

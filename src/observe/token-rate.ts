/** How many tokens a second all turns together are sent now: a sum over the last seconds, one number for each. */

const WINDOW_SECONDS = 5;

export class TokenRate {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #counts = new Array<number>(WINDOW_SECONDS + 1).fill(0);
  /** The second that the newest count is of. */
  #second: number;

  /** @param now in ms, on a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
    this.#second = this.#currentSecond();
  }

  add(tokens: number): void {
    this.#turnOver();
    const slot = this.#second % this.#counts.length;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + tokens;
  }

  /** The mean over the last whole seconds and what has passed of this one. */
  get perSecond(): number {
    this.#turnOver();
    const elapsed = (this.#now() - this.#startedAt) / 1_000;
    const sum = this.#counts.reduce((total, count) => total + count, 0);
    const seconds = Math.min(elapsed, WINDOW_SECONDS + (elapsed % 1));
    return sum / Math.max(1, seconds);
  }

  #currentSecond(): number {
    return Math.floor((this.#now() - this.#startedAt) / 1_000);
  }

  /** Empties the seconds that have passed since the last look. */
  #turnOver(): void {
    const second = this.#currentSecond();
    const steps = Math.min(second - this.#second, this.#counts.length);
    for (let step = 1; step <= steps; step++) this.#counts[(this.#second + step) % this.#counts.length] = 0;
    this.#second = second;
  }
}

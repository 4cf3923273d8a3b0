/** How often values fell into which range: a histogram that costs a search among its bounds for each value. */
import type { Labels } from './counts.js';

export class Distribution {
  readonly labels: Labels;
  /** The upper bounds of the ranges, ascending; what lies above the last one is only counted. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  count = 0;
  sum = 0;

  constructor(bounds: readonly number[], labels: Labels = {}) {
    this.bounds = bounds;
    this.labels = labels;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.count++;
    this.sum += value;
    let range = 0;
    while (range < this.bounds.length && value > (this.bounds[range] ?? 0)) range++;
    if (range < this.bounds.length) this.#counts[range] = (this.#counts[range] ?? 0) + 1;
  }

  /** For each bound, how many values were not above it. */
  get cumulative(): readonly number[] {
    let sum = 0;
    return this.#counts.map((count) => {
      sum += count;
      return sum;
    });
  }
}

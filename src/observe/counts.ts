/** Counts and distributions by label: nothing but additions while turns run, however they are shown later. */

export type Labels = Readonly<Record<string, string | number>>;

export interface LabelledCount {
  readonly labels: Labels;
  readonly value: number;
}

/** One that may be added to. */
export interface Count extends LabelledCount {
  value: number;
}

export class Counts {
  readonly #counts = new Map<string, Count>();

  /** Adds one. @param labels as for `count` */
  add(labels: Labels): void {
    this.count(labels).value++;
  }

  /** @param labels with the same keys, in the same order, each time; their values must be of a bounded number */
  count(labels: Labels): Count {
    const id = idOf(labels);
    const known = this.#counts.get(id);
    if (known !== undefined) return known;
    const made = { labels, value: 0 };
    this.#counts.set(id, made);
    return made;
  }

  get values(): readonly LabelledCount[] {
    return [...this.#counts.values()];
  }
}

function idOf(labels: Labels): string {
  let id = '';
  for (const key in labels) id += `${labels[key]}\n`;
  return id;
}

/** How often values fell into which range: a histogram that costs a search among its bounds for each value. */
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

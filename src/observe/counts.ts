/** Counts by label: nothing but additions while turns run, however the counts are shown later. */

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

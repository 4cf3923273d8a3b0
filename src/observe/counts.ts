/** Counts by label: nothing but additions while turns run, however the counts are shown later. */

export type Labels = Readonly<Record<string, string | number>>;

export interface LabelledCount {
  readonly labels: Labels;
  readonly value: number;
}

export class Counts {
  readonly #counts = new Map<string, { readonly labels: Labels; value: number }>();

  /** @param labels with the same keys, in the same order, each time; their values must be of a bounded number */
  add(labels: Labels, by = 1): void {
    const id = idOf(labels);
    const known = this.#counts.get(id);
    if (known === undefined) this.#counts.set(id, { labels, value: by });
    else known.value += by;
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

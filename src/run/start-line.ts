/** The one line that says what runs, where, and who answers. */
import type { Model } from '../conversation/model.js';

export interface StartFacts {
  readonly version: string;
  readonly kind: string;
  readonly url: string;
  /** Who answers, in a few words. */
  readonly nest: string;
  readonly models: readonly Model[];
}

/** One line, without its newline. */
export function startLine({ version, kind, url, nest, models }: StartFacts): string {
  const names = models.filter((model) => model.listed).map((model) => model.id);
  return `thrum-bridge ${version}: ${kind} on ${url} | nest: ${nest} | models: ${names.join(', ') || 'none yet'}`;
}

/** The one line that says what runs, where, and who answers. */
import { z } from 'zod';
import { toPrintableLine } from '../core/printable.js';
import { isUnserved } from '../core/model.js';
import type { Bridge } from './bridge.js';

/** What the line says of a hive that is listening. */
export const hiveFacts = z.object({
  kind: z.string(),
  url: z.string(),
  /** Who answers, in a few words. */
  nest: z.string(),
  /** The names of the models that are listed; behind those that no worker serves now it says so. */
  models: z.array(z.string()).readonly(),
});

export type HiveFacts = Readonly<z.output<typeof hiveFacts>>;

export interface StartFacts extends HiveFacts {
  readonly version: string;
  /** How many processes share the port. */
  readonly processes: number;
}

/** One line, without its newline. */
export function startLine({ version, kind, url, processes, nest, models }: StartFacts): string {
  const parts = [
    `thrum-bridge ${version}: ${kind} on ${url}`,
    ...(processes > 1 ? [`workers: ${processes}`] : []),
    `nest: ${nest}`,
    `models: ${models.join(', ') || 'none yet'}`,
  ];
  return toPrintableLine(parts.join(' | '));
}

export function toHiveFacts({ config, url, nest, whoAnswers }: Bridge): HiveFacts {
  return {
    kind: config.kind,
    url,
    nest: whoAnswers().text,
    models: nest
      .models()
      .filter((model) => model.listed)
      .map((model) => (isUnserved(model) ? `${model.id} (no worker)` : model.id)),
  };
}

/** The one line at the start: what runs, where, and who answers; or why it could not start. */
import { z } from 'zod';
import { isUnserved } from '../core/model.js';
import { toPrintableLine } from '../core/printable.js';
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

/**
 * Why it could not start, and what to do about it: of an error of the machine, such as a port that is taken; other errors keep their own
 * message.
 */
export function toStartError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = { code: '', address: '', port: '', ...error };
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${address} is in use: stop what listens there (Ollama itself?) or set another port, 0 for any free one`;
    case 'EACCES':
      return `port ${port} on ${address} needs more rights than this user has: set a port above 1023`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${address}: set the host to 127.0.0.1, or to an address of this machine`;
    default:
      return error.message;
  }
}

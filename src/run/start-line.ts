/** The one line that says what runs, where, and who answers. */
import type { HiveFacts } from './hive-facts.js';

export interface StartFacts extends HiveFacts {
  readonly version: string;
  /** How many processes answer. */
  readonly workers: number;
}

/** One line, without its newline. */
export function startLine({ version, kind, url, workers, nest, models }: StartFacts): string {
  const parts = [
    `thrum-bridge ${version}: ${kind} on ${url}`,
    ...(workers > 1 ? [`workers: ${workers}`] : []),
    `nest: ${nest}`,
    `models: ${models.join(', ') || 'none yet'}`,
  ];
  return parts.join(' | ');
}

/** The configuration of a hive of any kind, to be printed or written to a file. */
import { loadConfig } from './config.js';
import { isUpstreamWorker } from './hives.js';
import type { ConfigEntry, ConfigQuestion } from './load-table.js';
import { loadUpstreamWorkerConfig } from './upstream-worker-config.js';

export interface LoadedHive {
  readonly config: { readonly kind: string; readonly thrumSock?: string | undefined };
  /** One for every key of its table, in the table's order. */
  readonly entries: readonly ConfigEntry[];
}

/** Throws `ConfigError` as `loadConfig` does. */
export function loadHive(question: ConfigQuestion): LoadedHive {
  return isUpstreamWorker(question.kind) ? loadUpstreamWorkerConfig(question) : loadConfig(question);
}

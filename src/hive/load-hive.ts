/** What any hive is configured to do, for whoever only shows it or writes it down. */
import { loadConfig } from './config.js';
import { isWorkerHive } from './hives.js';
import type { ConfigEntry, ConfigQuestion } from './load-table.js';
import { loadWorkerConfig } from './worker-config.js';

export interface LoadedHive {
  readonly config: { readonly kind: string; readonly thrumSock?: string | undefined };
  /** One for every key of its table, in the table's order. */
  readonly entries: readonly ConfigEntry[];
}

/** Throws `ConfigError` as `loadConfig` does. */
export function loadHive(question: ConfigQuestion): LoadedHive {
  return isWorkerHive(question.kind) ? loadWorkerConfig(question) : loadConfig(question);
}

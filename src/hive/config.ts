/** What a hive that answers HTTP is configured to do. */
import { ConfigError } from './config-error.js';
import { CONFIG_KEYS, configSchema, type HiveConfig } from './config-keys.js';
import { ollamaHostWarnings } from './config-warnings.js';
import { isUpstreamWorker } from './hives.js';
import { type ConfigEntry, type ConfigFile, type ConfigQuestion, loadTable } from './load-table.js';

export interface LoadedConfig {
  readonly config: HiveConfig;
  /** One for every key, in the table's order. */
  readonly entries: readonly ConfigEntry[];
  /** What is written down but means nothing, one line each. */
  readonly warnings: readonly string[];
  /** The file that was read; undefined where there is none. */
  readonly file: ConfigFile | undefined;
}

/**
 * Throws `ConfigError` for an unknown hive, one that is a worker, a file that is not a JSON object, and the first value that
 * is wrong.
 */
export function loadConfig(question: ConfigQuestion): LoadedConfig {
  const { kind } = question;
  if (isUpstreamWorker(kind))
    throw new ConfigError(
      `${kind} is a worker, which has no port: it can only be run, by itself (thrum-bridge ${kind}), and installed`,
    );
  const { values, entries, warnings, file } = loadTable(
    { keys: CONFIG_KEYS, schema: configSchema },
    question,
  );
  const config = { ...values, kind };
  return { config, entries, warnings: [...warnings, ...ollamaHostWarnings(question.env, config)], file };
}

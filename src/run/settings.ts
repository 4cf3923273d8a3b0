/** What a hive is to do, found to be right before anything depends on it. */
import type { Logger } from 'pino';
import { loadConfig } from '../hive/config.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { readApiKeys } from './read-api-keys.js';
import { createGuards } from './guards.js';
import { requireKey } from './require-key.js';

export interface HiveSettings {
  readonly config: HiveConfig;
  /** The keys that `config.apiKey` stood for when it was read; none lets everybody in. */
  readonly apiKeys: readonly string[];
}

export interface SettingsReader {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A hive that other machines can reach may have no key. */
  readonly insecure: boolean;
  readonly log: Logger;
}

/** What the hive `kind` is configured to do now. Throws `ConfigError`. */
export function readSettings(kind: string, reader: SettingsReader): HiveSettings {
  return toSettings(readConfig(kind, reader), reader.insecure);
}

/** The configuration as it is written down, with a line in the log for what means nothing. Throws `ConfigError`. */
export function readConfig(kind: string, { env, log }: SettingsReader): HiveConfig {
  const { config, warnings } = loadConfig({ kind, env });
  for (const warning of warnings) log.warn({ hive: kind }, warning);
  return config;
}

/** Reads the keys of a configuration. Throws `ConfigError` for what only shows when it is put to use. */
export function toSettings(config: HiveConfig, insecure: boolean): HiveSettings {
  if (!insecure) requireKey(config);
  const settings = { config, apiKeys: readApiKeys(config.apiKey) };
  // For what it throws: nothing may turn out wrong after the first port is taken.
  createGuards(settings);
  return settings;
}

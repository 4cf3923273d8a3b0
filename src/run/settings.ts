/** What hives are to do: read and found to be right before anything is started, and read again while they run. */
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { ApiKey } from '../core/rights.js';
import { ConfigError } from '../hive/config-error.js';
import { CONFIG_KEYS, configSchema, type HiveConfig } from '../hive/config-keys.js';
import { loadConfig } from '../hive/config.js';
import { exposedWarnings, missingFolders } from '../hive/file-warnings.js';
import { loadIdentity, temporaryIdentity } from '../hive/identity.js';
import { takeOver } from '../hive/live-config.js';
import type { ConfigFile, ConfigFlag } from '../hive/load-table.js';
import { keyPath } from '../hive/paths.js';
import type { NestPlan } from './choose-nest.js';
import { createGuards, requireKey } from './guards.js';
import { apiKeyFileOf, readApiKeys } from './read-api-keys.js';
import { requireRedisUrl } from './shared-state.js';

export interface HiveSettings {
  readonly config: HiveConfig;
  /** The keys that `config.apiKey` stood for when it was read; none: no key is asked for. */
  readonly apiKeys: readonly ApiKey[];
}

export interface SettingsReader {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the command line says of the keys. */
  readonly flags: readonly ConfigFlag[];
  /** A hive that other machines can reach may have no key. */
  readonly insecure: boolean;
  readonly log: Logger;
}

/** Reads the keys of a configuration. Throws `ConfigError` for a value that turns out wrong only when it is used. */
export function toSettings(config: HiveConfig, insecure: boolean): HiveSettings {
  if (!insecure) requireKey(config);
  const settings = { config, apiKeys: readApiKeys(config.apiKey) };
  // For what it throws: nothing may turn out wrong after the first port is taken.
  createGuards(settings);
  return settings;
}

/** A hive that is ready to be started. */
export interface ReadyHive extends HiveSettings {
  readonly hid: string;
  /** As `Identity.secret`. */
  readonly secret: string;
}

/** The same in the process that reads its configuration. */
export interface PreparedHive extends ReadyHive {
  /** The file that its configuration was read from; undefined where there was none. */
  readonly configFile: string | undefined;
  /** Why its identity is one for this process alone; undefined where it is the one on the disk. */
  readonly identityProblem: ConfigError | undefined;
}

/** The hives, each with its identity, which is made at the first start. Rejects with a `ConfigError`. */
export async function prepareHives(
  kinds: readonly string[],
  reader: SettingsReader,
): Promise<readonly PreparedHive[]> {
  const { env } = reader;
  const hives = kinds.map((kind) => {
    const { config, file } = readConfig(kind, reader);
    const settings = toSettings(config, reader.insecure);
    warnOfFolders(settings, reader.log);
    const path = keyPath(env, kind);
    const identity = findIdentity(path);
    warnOfSecrets(settings, { keyPath: path, file }, reader.log);
    return { ...settings, configFile: file?.path, ...identity };
  });
  await requireRedisUrl(env);
  return hives;
}

/** The one on the disk, or where none can be made there, one for as long as this process runs. Throws `ConfigError` for a wrong one. */
function findIdentity(path: string) {
  try {
    return { ...loadIdentity({ keyPath: path }), identityProblem: undefined };
  } catch (error) {
    if (!(error instanceof ConfigError) || existsSync(path)) throw error;
    return { ...temporaryIdentity(), identityProblem: error };
  }
}

/**
 * hum knows a bee by its identity; the daemon within the process does not care. Throws `ConfigError` where turns go to a humd, and
 * an identity is not on the disk.
 */
export function requireIdentities(hives: readonly PreparedHive[], plan: NestPlan, log: Logger): void {
  for (const { config, identityProblem } of hives) {
    if (identityProblem === undefined) continue;
    if (plan.type === 'hum') throw identityProblem;
    log.warn({ hive: config.kind }, `its identity is forgotten at the end: ${identityProblem.message}`);
  }
}

/** Those of the hive's files with secrets that others can read. */
function warnOfSecrets(
  { config }: HiveSettings,
  { keyPath: path, file }: { readonly keyPath: string; readonly file: ConfigFile | undefined },
  log: Logger,
): void {
  const keys = apiKeyFileOf(config.apiKey);
  const warnings = exposedWarnings([
    { path, holds: 'the secret key of the hive' },
    ...(keys === undefined ? [] : [{ path: keys, holds: 'API keys' }]),
    ...(file?.hasSecrets ? [{ path: file.path, holds: 'an API key' }] : []),
  ]);
  for (const warning of warnings) log.warn({ hive: config.kind }, warning);
}

/**
 * What each hive is to do from now on. One whose configuration is wrong now keeps what it has: the log says why, and which
 * keys need a restart. A file that is gone, or whose API key is empty, is wrong: it would open the hive without a word.
 */
export function reloadSettings(
  hives: readonly PreparedHive[],
  reader: SettingsReader,
): readonly PreparedHive[] {
  return hives.map((hive) => {
    const { kind } = hive.config;
    const log = reader.log.child({ hive: kind });
    try {
      const { config: written, file } = readConfig(kind, reader);
      requireFile(hive, file);
      const { config, needRestart } = takeOver(hive.config, written);
      const settings = toSettings(config, reader.insecure);
      if (needRestart.length > 0)
        log.warn({ keys: needRestart }, `changed, but needs a restart: ${needRestart.join(', ')}`);
      warnOfFolders(settings, reader.log);
      if (hive.apiKeys.length > 0 && settings.apiKeys.length === 0)
        log.warn('no API key is configured any more: everybody who can reach this hive may use it');
      log.info('the configuration was read again');
      return { ...hive, ...settings, configFile: file?.path };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error(`the configuration stays as it was: ${error.message}`);
      return hive;
    }
  });
}

function warnOfFolders(settings: HiveSettings, log: Logger): void {
  for (const warning of missingFolders(settings)) log.warn({ hive: settings.config.kind }, warning);
}

/** Throws `ConfigError`. @param file as it was read now */
function requireFile({ configFile, apiKeys }: PreparedHive, file: ConfigFile | undefined): void {
  if (configFile !== undefined && file === undefined)
    throw new ConfigError(`${configFile}, which it was read from, is gone: restart to run without it`);
  if (apiKeys.length > 0 && file?.emptyKeys.includes('apiKey') === true)
    throw new ConfigError(`apiKey (${file.path}) is empty: take the key out to ask for none`);
}

/** The configuration as it is written down, with a line in the log for what means nothing. Throws `ConfigError`. */
function readConfig(kind: string, { env, flags, log }: SettingsReader) {
  const { config, warnings, file } = loadConfig({ kind, env, flags });
  for (const warning of warnings) log.warn({ hive: kind }, warning);
  return { config, file };
}

/**
 * With an upstream, which does not serve them, hives without the models that are listed by default: these are hum's, and the upstream lists
 * its own. A configured list stays.
 */
export function withoutUnserved<Hive extends HiveSettings>(
  hives: readonly Hive[],
  plan: NestPlan,
): readonly Hive[] {
  if (plan.type === 'hum' || plan.upstream === null) return hives;
  const byDefault = configSchema.shape.models.parse(
    CONFIG_KEYS.find(({ name }) => name === 'models')?.default,
  );
  return hives.map((hive) =>
    isDeepStrictEqual(hive.config.models, byDefault)
      ? { ...hive, config: { ...hive.config, models: [] } }
      : hive,
  );
}

/** What a hive is configured to do: environment over file over built-in defaults, key by key. */
import { ConfigError } from './config-error.js';
import { readConfigFile } from './config-file.js';
import {
  CONFIG_KEY_NAMES,
  CONFIG_KEYS,
  type ConfigKey,
  configSchema,
  type HiveConfig,
} from './config-keys.js';
import { unknownEnvWarnings, unknownKeyWarnings } from './config-warnings.js';
import { envNamesOf } from './env-name.js';
import { readEnvValue } from './env-value.js';
import { defaultsPath, listHives, readDefaults } from './hives.js';
import type { JsonObject } from './json-object.js';
import { configHome, configPath, type Environment } from './paths.js';

/** Where a value was written. */
export type ConfigSource =
  | { readonly type: 'env'; readonly name: string }
  | { readonly type: 'file'; readonly path: string }
  /** Built in, or not set at all. */
  | { readonly type: 'default' };

export interface ConfigEntry {
  /** The key's name. */
  readonly key: string;
  readonly isSecret: boolean;
  /** Undefined if it is not set. */
  readonly value: unknown;
  readonly source: ConfigSource;
}

export interface LoadedConfig {
  readonly config: HiveConfig;
  /** One for every key, in the table's order. */
  readonly entries: readonly ConfigEntry[];
  /** What is written down but means nothing, one line each. */
  readonly warnings: readonly string[];
}

export interface ConfigQuestion {
  readonly kind: string;
  readonly env: Environment;
  /** The folder that holds `hum/hives/<kind>.json`; by default the environment says it. */
  readonly configHome?: string;
}

/** The longest piece of a wrong value that is shown, in characters. */
const MAX_SHOWN_CHARACTERS = 40;

/** Throws `ConfigError` for an unknown hive, a file that is not a JSON object, and the first value that is wrong. */
export function loadConfig(question: ConfigQuestion): LoadedConfig {
  const { kind, env } = question;
  const defaults = readDefaults(kind);
  const path = configPath(question.configHome ?? configHome(env), kind);
  const file = readConfigFile(path) ?? {};
  const entries = CONFIG_KEYS.map((key) => ({
    key: key.name,
    isSecret: key.isSecret,
    ...(fromEnv(kind, key, env) ?? fromFile(key, file, path) ?? fromDefaults(key, defaults)),
  }));
  return {
    config: { ...validate(entries, kind), kind },
    entries,
    warnings: [
      ...unknownKeyWarnings(Object.keys(file), CONFIG_KEY_NAMES, path),
      ...unknownEnvWarnings(env, kind, CONFIG_KEY_NAMES, listHives()),
    ],
  };
}

type Found = Pick<ConfigEntry, 'value' | 'source'>;

/** A variable that is empty or blank counts as not set. */
function fromEnv(kind: string, key: ConfigKey, env: Environment): Found | undefined {
  for (const name of envNamesOf(kind, key)) {
    const text = env[name];
    if (text === undefined || text.trim() === '') continue;
    return { value: readEnvValue(key.reading, text), source: { type: 'env', name } };
  }
  return undefined;
}

function fromFile(key: ConfigKey, file: JsonObject, path: string): Found | undefined {
  const value = ownValue(file, key);
  return value === undefined ? undefined : { value, source: { type: 'file', path } };
}

function fromDefaults(key: ConfigKey, defaults: JsonObject): Found {
  return { value: ownValue(defaults, key) ?? key.default, source: { type: 'default' } };
}

/** `null` counts as not set. */
function ownValue(values: JsonObject, key: ConfigKey): unknown {
  if (!Object.hasOwn(values, key.name)) return undefined;
  const value = values[key.name] ?? undefined;
  return key.emptyIsUnset && value === '' ? undefined : value;
}

function validate(entries: readonly ConfigEntry[], kind: string): Omit<HiveConfig, 'kind'> {
  const result = configSchema.safeParse(Object.fromEntries(entries.map(({ key, value }) => [key, value])));
  if (result.success) return result.data;
  const wrong = result.error.issues[0]?.path[0];
  const key = CONFIG_KEYS.find(({ name }) => name === wrong);
  const entry = entries.find((candidate) => candidate.key === wrong);
  if (key === undefined || entry === undefined) throw result.error;
  throw new ConfigError(complaint(key, entry, kind));
}

function complaint(key: ConfigKey, { value, source }: ConfigEntry, kind: string): string {
  const shown = key.isSecret || value === undefined ? '' : ` is ${shorten(JSON.stringify(value))} but`;
  return `${key.name} (${whereOf(source, kind)})${shown} must be ${key.allowed}`;
}

function whereOf(source: ConfigSource, kind: string): string {
  switch (source.type) {
    case 'env':
      return source.name;
    case 'file':
      return source.path;
    case 'default':
      return defaultsPath(kind);
    default:
      return source satisfies never;
  }
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_CHARACTERS
    ? text
    : `${text.slice(0, MAX_SHOWN_CHARACTERS - 1).toWellFormed()}…`;
}

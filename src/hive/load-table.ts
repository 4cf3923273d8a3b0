/** Reads what a hive is configured to do by a table of keys: flags over environment over file over defaults, key by key. */
import { existsSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError, shorten } from './config-error.js';
import { type ConfigText, readConfigFile } from './config-file.js';
import { nearlyNamedWarnings, unknownEnvWarnings, unknownKeyWarnings } from './config-warnings.js';
import { envNamesOf, readEnvValue } from './env-variables.js';
import { defaultsPath, listHives, OLLAMA_SERVER, readDefaults } from './hives.js';
import type { JsonObject } from '../core/json-object.js';
import type { ConfigKey } from './key-facts.js';
import { configHome, configPath, type Environment, otherConfigPath } from './paths.js';

/** Where a value was written. */
export type ConfigSource =
  | { readonly type: 'env'; readonly name: string }
  | { readonly type: 'file'; readonly path: string }
  /** On the command line. */
  | { readonly type: 'flag'; readonly name: string }
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

/** The keys of hives of one role. */
export interface ConfigTable<Values> {
  /** In the order in which they are shown. */
  readonly keys: readonly ConfigKey[];
  readonly schema: z.ZodType<Values>;
}

export interface LoadedTable<Values> {
  readonly values: Values;
  /** One for every key, in the table's order. */
  readonly entries: readonly ConfigEntry[];
  /** What is written down but means nothing, one line each. */
  readonly warnings: readonly string[];
  /** The file that was read; undefined where there is none. */
  readonly file: ConfigFile | undefined;
}

export interface ConfigFile {
  readonly path: string;
  /** The keys in it whose value is empty or null, and so counts as not set. */
  readonly emptyKeys: readonly string[];
  /** True if it holds a secret itself, and not the path of a file with it. */
  readonly hasSecrets: boolean;
}

export interface ConfigFlag {
  /** As it is typed: `--upstream`. */
  readonly name: string;
  readonly key: string;
  /** As it is typed; a list has commas. */
  readonly value: string;
}

export interface ConfigQuestion {
  readonly kind: string;
  readonly env: Environment;
  /** The folder that holds `hum/hives/<kind>.json`; by default the environment says it. */
  readonly configHome?: string;
  /** False: the file does not count, as if there were none. */
  readonly readsFile?: boolean;
  /** Options of the command line, which go before everything else. */
  readonly flags?: readonly ConfigFlag[] | undefined;
}

/** Throws `ConfigError` for an unknown hive, a file that is not a JSON object, and the first value that is wrong. */
export function loadTable<Values>(table: ConfigTable<Values>, question: ConfigQuestion): LoadedTable<Values> {
  const { kind, env, readsFile = true, flags = [] } = question;
  requireKeys(flags, table.keys, kind);
  const defaults = readDefaults(kind);
  const home = question.configHome ?? configHome(env);
  const found = readsFile ? findFile(home, kind) : undefined;
  const file = found?.text.values ?? {};
  const path = found?.path ?? configPath(home, kind);
  const entries = table.keys.map((key) => ({
    key: key.name,
    isSecret: key.isSecret,
    ...(fromFlag(key, flags) ??
      fromEnv(kind, key, env) ??
      fromFile(key, file, path) ??
      fromOllama(kind, key, env) ??
      fromDefaults(key, defaults)),
  }));
  const names = table.keys.map((key) => key.name);
  return {
    values: validate(table, entries, kind, found?.text),
    entries,
    warnings: [
      ...(found?.warnings ?? []),
      ...(readsFile && found === undefined ? nearlyNamedWarnings(path, kind, listHives()) : []),
      ...unknownKeyWarnings(Object.keys(file), names, (keys) => found?.text.locateKey(keys) ?? path),
      ...unknownEnvWarnings(env, kind, names, listHives()),
    ],
    file: found && {
      path,
      hasSecrets: entries.some(
        ({ isSecret, value, source }) =>
          isSecret && source.type === 'file' && typeof value === 'string' && !value.startsWith('@'),
      ),
      emptyKeys: Object.keys(file).filter((key) => (file[key] ?? '') === ''),
    },
  };
}

/** hum's bees read one of two places; the first one counts where there is a file at both. */
function findFile(home: string, kind: string) {
  const [path, otherPath] = [configPath(home, kind), otherConfigPath(home, kind)];
  const text = readConfigFile(path);
  if (text === undefined) {
    const other = readConfigFile(otherPath);
    return other && { path: otherPath, text: other, warnings: [] };
  }
  const warnings = existsSync(otherPath) ? [`${otherPath} is not read, as there is ${path}`] : [];
  return { path, text, warnings };
}

type Found = Pick<ConfigEntry, 'value' | 'source'>;

function requireKeys(flags: readonly ConfigFlag[], keys: readonly ConfigKey[], kind: string): void {
  const odd = flags.find((flag) => keys.every(({ name }) => name !== flag.key));
  if (odd !== undefined)
    throw new ConfigError(`${odd.name} means nothing to ${kind}, which has no ${odd.key}`);
}

function fromFlag(key: ConfigKey, flags: readonly ConfigFlag[]): Found | undefined {
  const flag = flags.find((candidate) => candidate.key === key.name);
  if (flag === undefined) return undefined;
  return { value: readEnvValue(key.reading, flag.value), source: { type: 'flag', name: flag.name } };
}

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

/** What its user has set for Ollama itself. There 0 tokens are as many as the model takes by default, which is no value here. */
function fromOllama(kind: string, { ollamaEnv, reading }: ConfigKey, env: Environment): Found | undefined {
  const text = ollamaEnv === undefined || kind !== OLLAMA_SERVER ? '' : (env[ollamaEnv]?.trim() ?? '');
  if (ollamaEnv === undefined || text === '' || (reading === 'integer' && text === '0')) return undefined;
  return { value: readEnvValue(reading, text), source: { type: 'env', name: ollamaEnv } };
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

function validate<Values>(
  { schema, keys }: ConfigTable<Values>,
  entries: readonly ConfigEntry[],
  kind: string,
  text: ConfigText | undefined,
): Values {
  const result = schema.safeParse(Object.fromEntries(entries.map(({ key, value }) => [key, value])));
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path ?? [];
  const [wrong] = path;
  const key = keys.find(({ name }) => name === wrong);
  const entry = entries.find((candidate) => candidate.key === wrong);
  if (key === undefined || entry === undefined) throw result.error;
  throw new ConfigError(complaint(key, entry, path, { kind, text }));
}

/** @param path of what is wrong, from the whole configuration on */
function complaint(
  key: ConfigKey,
  { value, source }: ConfigEntry,
  path: readonly PropertyKey[],
  { kind, text }: { readonly kind: string; readonly text: ConfigText | undefined },
): string {
  const explained = key.isSecret ? undefined : key.explain?.(value);
  const place = explained === undefined ? path : [key.name, ...explained.path];
  const inFile = explained?.isKey ? text?.locateKey(place) : text?.locate(place);
  const where = source.type === 'file' ? (inFile ?? source.path) : whereOf(source, kind);
  if (explained !== undefined) return `${key.name}${explained.label} (${where}) ${explained.complaint}`;
  const shown = key.isSecret || value === undefined ? '' : ` is ${shorten(value)} but`;
  return `${key.name} (${where})${shown} must be ${key.allowed}`;
}

function whereOf(source: ConfigSource, kind: string): string {
  switch (source.type) {
    case 'env':
      return source.name;
    case 'file':
      return source.path;
    case 'flag':
      return source.name;
    case 'default':
      return defaultsPath(kind);
    default:
      return source satisfies never;
  }
}

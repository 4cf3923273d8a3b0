/** The hives that this package knows: the folders of `hives/` that hold a `default.json`. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../core/json-object.js';
import { ConfigError } from './config-error.js';
import { readConfigFile } from './config-file.js';
import { findNearest } from './nearest.js';

/** The same from `src/hive` and from `dist/hive`. */
const HIVES_FOLDER = new URL('../../hives/', import.meta.url);

/** The kinds of all known hives, sorted. */
export function listHives(): string[] {
  return readdirSync(HIVES_FOLDER)
    .filter((kind) => existsSync(defaultsPath(kind)))
    .sort();
}

/** The one kind that stands in Ollama's place: on its port, and with its variables where nothing else says anything. */
export const OLLAMA_SERVER = 'ollama-server';

/** The one kind whose bees are workers: they have no port, and a table of keys of their own. */
export const UPSTREAM_WORKER = 'upstream-worker';

export function isUpstreamWorker(kind: string): boolean {
  return kind === UPSTREAM_WORKER;
}

/** The kinds of the hives that answer HTTP, sorted. */
export function listServers(): string[] {
  return listHives().filter((kind) => !isUpstreamWorker(kind));
}

/** Where the hive's own defaults are; `kind` is not checked. */
export function defaultsPath(kind: string): string {
  return fileURLToPath(new URL(`${kind}/default.json`, HIVES_FOLDER));
}

/** The script that makes the hive `kind` a service; `kind` is not checked. */
export function installerPath(kind: string): string {
  return fileURLToPath(new URL(`${kind}/install`, HIVES_FOLDER));
}

/** What is particular to the hive `kind`. Throws `ConfigError` if there is no such hive. */
export function readDefaults(kind: string): JsonObject {
  const known = listHives();
  const defaults = known.includes(kind) ? readConfigFile(defaultsPath(kind))?.values : undefined;
  if (defaults !== undefined) return defaults;
  throw unknownHive(kind, known);
}

/** @param commands what else may stand in the hive's place; none where only a hive can be meant */
export function unknownHive(
  kind: string,
  known: readonly string[],
  commands: readonly string[] = [],
): ConfigError {
  const nearest = findNearest(kind, [...known, ...commands]);
  const proposal = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return new ConfigError(
    commands.length === 0
      ? `unknown hive ${JSON.stringify(kind)}: the known ones are ${known.join(', ')}${proposal}`
      : `unknown hive or command ${JSON.stringify(kind)}: of hives the known ones are ${known.join(', ')}, of commands ${commands.join(', ')}${proposal}`,
  );
}

/** The hives that this package knows: the folders of `hives/` that hold a `default.json`. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfigError } from './config-error.js';
import { readConfigFile } from './config-file.js';
import type { JsonObject } from './json-object.js';
import { findNearest } from './nearest.js';

/** The same from `src/hive` and from `dist/hive`. */
const HIVES_FOLDER = new URL('../../hives/', import.meta.url);

/** The kinds of all known hives, sorted. */
export function listHives(): string[] {
  return readdirSync(HIVES_FOLDER)
    .filter((kind) => existsSync(defaultsPath(kind)))
    .sort();
}

/** Where the hive's own defaults are; `kind` is not checked. */
export function defaultsPath(kind: string): string {
  return fileURLToPath(new URL(`${kind}/default.json`, HIVES_FOLDER));
}

/** What is particular to the hive `kind`. Throws `ConfigError` if there is no such hive. */
export function readDefaults(kind: string): JsonObject {
  const known = listHives();
  const defaults = known.includes(kind) ? readConfigFile(defaultsPath(kind)) : undefined;
  if (defaults !== undefined) return defaults;
  const nearest = findNearest(kind, known);
  const proposal = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new ConfigError(
    `unknown hive ${JSON.stringify(kind)}: the known ones are ${known.join(', ')}${proposal}`,
  );
}

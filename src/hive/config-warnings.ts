/** Names in a file or in the environment that look like configuration and are not. */
import { envNameOf, envPrefixOf } from './env-name.js';
import { findNearest } from './nearest.js';
import type { Environment } from './paths.js';

/** One line for each of the file's `keys` that is not among the `known` ones. */
export function unknownKeyWarnings(
  keys: readonly string[],
  known: readonly string[],
  path: string,
): readonly string[] {
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => {
      const nearest = findNearest(key, known);
      const proposal = nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
      return `${path}: the unknown key ${JSON.stringify(key)} is ignored${proposal}`;
    });
}

/**
 * One line for each variable that is set and has the prefix of the hive `kind`, but is the twin of no `known` key. What
 * belongs to another of the `hives`, whose prefix is longer, is left alone.
 */
export function unknownEnvWarnings(
  env: Environment,
  kind: string,
  known: readonly string[],
  hives: readonly string[],
): readonly string[] {
  const prefix = envPrefixOf(kind);
  const longer = hives.map(envPrefixOf).filter((other) => other !== prefix && other.startsWith(prefix));
  const twins = known.map((key) => envNameOf(kind, key));
  return Object.entries(env)
    .filter(([name, text]) => name.startsWith(prefix) && text !== undefined && text.trim() !== '')
    .map(([name]) => name)
    .filter((name) => !twins.includes(name) && !longer.some((other) => name.startsWith(other)))
    .map((name) => {
      const nearest = findNearest(name.slice(prefix.length), known);
      const proposal = nearest === undefined ? '' : `; did you mean ${envNameOf(kind, nearest)}?`;
      return `the unknown environment variable ${name} is ignored${proposal}`;
    });
}

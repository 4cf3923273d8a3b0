/** How the environment variables of a hive's configuration keys are named. */
import type { ConfigKey } from './key-facts.js';

/** What the variables of the hive `kind` begin with: `OLLAMA_SERVER_`. */
export function envPrefixOf(kind: string): string {
  return `${toUpperSnake(kind)}_`;
}

/** The variable of the key `name` of the hive `kind`: `OLLAMA_SERVER_TURN_TIMEOUT_MS`. */
export function envNameOf(kind: string, name: string): string {
  return envPrefixOf(kind) + toUpperSnake(name);
}

/** All variables that may carry a key's value, the one that wins first. */
export function envNamesOf(kind: string, key: Pick<ConfigKey, 'name' | 'otherEnv'>): readonly string[] {
  return [envNameOf(kind, key.name), ...key.otherEnv];
}

function toUpperSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
}

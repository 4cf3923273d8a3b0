/** The environment variables of a hive's configuration keys: how they are named, and what their text means. */
import { parseJson } from '../core/json-object.js';
import type { ConfigKey, Reading } from './key-facts.js';

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

/** The value that a file would hold. Text that is not what `reading` asks for comes back as it is, for the key's schema to refuse. */
export function readEnvValue(reading: Reading, text: string): unknown {
  const trimmed = text.trim();
  switch (reading) {
    case 'string':
      return trimmed;
    case 'integer':
      return /^-?\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
    case 'boolean':
      return BOOLEANS.get(trimmed.toLowerCase()) ?? trimmed;
    case 'list':
      return trimmed
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'json':
      return parseJson(trimmed, trimmed);
    default:
      return reading satisfies never;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

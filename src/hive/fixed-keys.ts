/** What a running hive cannot change: where it listens and dials, and what it has told hum and clients of itself. */
import type { HiveConfig } from './config-keys.js';

const FIXED_KEYS = [
  'host',
  'port',
  'thrumSock',
  'thrumSocks',
  'declareTools',
  'version',
  'wire',
  'provides',
  'source',
] as const satisfies readonly (keyof HiveConfig)[];

export interface Takeover {
  /** `next`, but for the fixed keys, which are those of `current`. */
  readonly config: HiveConfig;
  /** The fixed keys that `next` would change. */
  readonly needRestart: readonly string[];
}

export function takeOver(current: HiveConfig, next: HiveConfig): Takeover {
  const { host, port, thrumSock, thrumSocks, declareTools, version, wire, provides, source } = current;
  const fixed = { host, port, thrumSocks, declareTools, version, wire, provides, source };
  const { thrumSock: _, ...free } = next;
  return {
    config: { ...free, ...fixed, ...(thrumSock === undefined ? {} : { thrumSock }) },
    needRestart: FIXED_KEYS.filter((key) => JSON.stringify(current[key]) !== JSON.stringify(next[key])),
  };
}

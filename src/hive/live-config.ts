/** A configuration that can be replaced in place while a hive runs, and the keys that cannot change then. */
import type { HiveConfig } from './config-keys.js';

export interface LiveConfig {
  /** Always the same object; each property is what the configuration of now says. Not to be spread: that would be a copy. */
  readonly config: HiveConfig;
  replace(next: HiveConfig): void;
}

/** A plain object whose values are exchanged: it is read for every token, which a proxy makes many times dearer. */
export function createLiveConfig(first: HiveConfig): LiveConfig {
  const config = { ...first };
  return {
    config,
    replace(next) {
      for (const key of Object.keys(config))
        if (!Object.hasOwn(next, key)) Reflect.deleteProperty(config, key);
      Object.assign(config, next);
    },
  };
}

/** Where a running hive listens and dials, and what it has sent to hum and clients about itself. */
const FIXED_KEYS = [
  'host',
  'port',
  'thrumSock',
  'thrumSocks',
  'declareTools',
  'version',
  'instance',
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
  const { host, port, thrumSock, thrumSocks, declareTools, version, instance, wire, provides, source } =
    current;
  const fixed = { host, port, thrumSocks, declareTools, version, wire, provides, source };
  const { thrumSock: _, instance: __, ...free } = next;
  return {
    config: {
      ...free,
      ...fixed,
      ...(thrumSock === undefined ? {} : { thrumSock }),
      ...(instance === undefined ? {} : { instance }),
    },
    needRestart: FIXED_KEYS.filter((key) => JSON.stringify(current[key]) !== JSON.stringify(next[key])),
  };
}

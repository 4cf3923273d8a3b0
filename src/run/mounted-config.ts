/**
 * The configuration of a bridge within another program: what that gives, over the hive's defaults. No file, no environment. Apart from
 * the bridge, whose types the library's users need not load.
 */
import type { z } from 'zod';
import { ConfigError } from '../hive/config-error.js';
import { CONFIG_KEYS, configSchema, type HiveConfig } from '../hive/config-keys.js';
import { readDefaults } from '../hive/hives.js';
import { findNearest } from '../hive/nearest.js';

/** What belongs to a port, or is given in another way. */
const NOT_GIVEN = ['host', 'port', 'thrumSock', 'thrumSocks', 'webSockets'] as const;

/** The keys of hives/CONFIGURATION.md, but for those of the port and of the place of humd. */
export type MountedConfig = Readonly<Partial<Omit<z.input<typeof configSchema>, (typeof NOT_GIVEN)[number]>>>;

/** Throws `ConfigError` for an unknown hive or key, and for a value that is wrong. */
export function toMountedConfig(
  kind: string,
  given: MountedConfig,
  place: Partial<Pick<HiveConfig, 'thrumSock' | 'thrumSocks'>>,
): HiveConfig {
  const allowed = CONFIG_KEYS.filter(({ name }) => !NOT_GIVEN.some((other) => other === name));
  for (const name of Object.keys(given)) {
    if (allowed.some((key) => key.name === name)) continue;
    const nearest = findNearest(
      name,
      allowed.map((key) => key.name),
    );
    const proposal = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    throw new ConfigError(`config.${name} is no key of a bridge without a port of its own${proposal}`);
  }
  const defaults = readDefaults(kind);
  const values = new Map(Object.entries<unknown>({ ...given, ...place, webSockets: false, port: 0 }));
  const all = CONFIG_KEYS.map(({ name, default: byDefault }) => [
    name,
    values.get(name) ?? defaults[name] ?? byDefault,
  ]);
  const read = configSchema.safeParse(Object.fromEntries(all));
  if (read.success) return { ...read.data, kind };
  const key = CONFIG_KEYS.find(({ name }) => name === read.error.issues[0]?.path[0]);
  if (key === undefined) throw read.error;
  throw new ConfigError(`config.${key.name} must be ${key.allowed}`);
}

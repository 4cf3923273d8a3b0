/** What the replicas of a hive share in the Redis of `REDIS_URL`; the client is only loaded where that is set. */
import type { Logger } from 'pino';
import { ConfigError } from '../hive/config-error.js';
import type { ReplicaStore } from '../shared/replica-store.js';
import type { LimiterStore } from '../shared/shared-limiter.js';
import { loadOptional } from './optional-package.js';

/** One hive's part of it. */
export interface HiveState {
  readonly replicas: ReplicaStore;
  readonly limiterStore: LimiterStore;
}

/** All hives of a process share one connection. */
export interface SharedState {
  of(hid: string): HiveState;
  /** May be called twice. */
  close(): Promise<void>;
}

const SETTING = 'REDIS_URL';

/** True if processes share what replicas share. */
export function hasSharedState(env: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(env[SETTING]?.trim());
}

/** Rejects with a `ConfigError` where the client is not installed. */
function loadLink() {
  return loadOptional(SETTING, '@redis/', () => import('../shared/redis-link.js'));
}

/** The address; undefined if none is set. Rejects with a `ConfigError`, in which there is nothing of what is set. */
async function readAddress(env: Readonly<Record<string, string | undefined>>) {
  const url = env[SETTING]?.trim();
  if (!url) return undefined;
  const { parseRedisUrl, REDIS_URL_FORMS } = await loadLink();
  const address = parseRedisUrl(url);
  if (address === undefined) throw new ConfigError(`${SETTING} must be ${REDIS_URL_FORMS}`);
  return address;
}

/** For what it throws, before anything is started: a `ConfigError` if `REDIS_URL` is no address. */
export async function requireRedisUrl(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  await readAddress(env);
}

/**
 * Connects. Resolves within about a second, whether Redis is there or not: it is tried on in the background. Undefined where
 * `REDIS_URL` is not set. Rejects with a `ConfigError` if it is no address, or the client is not installed.
 */
export async function openSharedState(
  env: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Promise<SharedState | undefined> {
  const address = await readAddress(env);
  if (address === undefined) return undefined;
  const { RedisLink } = await loadLink();
  const { RedisStore } = await import('../shared/redis-store.js');
  const { LimiterStore } = await import('../shared/shared-limiter.js');
  const link = new RedisLink({ address, log });
  await link.start();
  return {
    of: (hid) => ({ replicas: new RedisStore(link, hid), limiterStore: new LimiterStore(link, hid) }),
    close: () => link.close(),
  };
}

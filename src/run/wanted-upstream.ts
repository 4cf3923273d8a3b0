/** Which upstream, if any, is to answer in the place of the echo. */
import { ConfigError } from '../hive/config-error.js';
import type { ConfigFlag } from '../hive/load-table.js';
import {
  BASE_VARIABLE,
  loadUpstreamWorkerConfig,
  MODELS_VARIABLE,
  type UpstreamWorkerConfig,
} from '../hive/upstream-worker-config.js';
import { findOwnHive, type Listening } from './own-address.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * As `--upstream` or hum's variables say; undefined where they do not: a key alone is no reason to send anything anywhere.
 * The file of the hive `upstream-worker` plays no part. Throws `ConfigError`.
 *
 * @param flag what stands behind `--upstream`
 */
export function readWantedUpstream(
  flag: string | undefined,
  env: Environment,
): UpstreamWorkerConfig | undefined {
  const isNamed = [BASE_VARIABLE, MODELS_VARIABLE].some((name) => env[name]?.trim());
  if (flag === undefined && !isNamed) return undefined;
  return loadUpstreamWorkerConfig({ env, readsFile: false, flags: toBaseFlags(flag) }).config;
}

/** `--upstream` as what it says of the worker's keys. */
export function toBaseFlags(url: string | undefined): readonly ConfigFlag[] {
  return url === undefined ? [] : [{ name: '--upstream', key: 'base', value: url }];
}

/** Rejects with a `ConfigError` where turns would come back to one of the `hives`, and go round for ever. */
export async function refuseOwnAddress(base: string, hives: readonly Listening[]): Promise<void> {
  const own = await findOwnHive(base, hives);
  if (own === undefined) return;
  throw new ConfigError(
    `the upstream ${base} is ${own.kind} itself, which listens on ${own.host}:${own.port}: name another server`,
  );
}

/** Who may use a hive: what its configuration says, what this machine is called, and that it is not open to all by mistake. */
import { hostname, networkInterfaces } from 'node:os';
import type { ApiKey } from '../core/rights.js';
import { ConfigError } from '../hive/config-error.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { envNameOf } from '../hive/env-variables.js';
import { ApiKeys } from '../http/guards/api-key-guard.js';
import { HostGuard, isHostPattern } from '../http/guards/host-guard.js';
import { isLoopbackHost } from '../http/guards/loopback.js';
import { isOriginPattern, OriginGuard } from '../http/guards/origin-guard.js';

export interface Guards {
  readonly hosts: HostGuard;
  readonly origins: OriginGuard;
  /** Undefined where no key is asked for. */
  readonly apiKeys: ApiKeys | undefined;
}

export interface GuardSettings {
  readonly config: Pick<HiveConfig, 'kind' | 'host' | 'hosts' | 'origins'>;
  /** The keys that clients present; none: no key is asked for. */
  readonly apiKeys: readonly ApiKey[];
  /** True where a program has configured it, and no environment. */
  readonly isMounted?: boolean;
}

/** Throws `ConfigError` for an entry that could never fit a request. */
export function createGuards({ config, apiKeys, isMounted }: GuardSettings): Guards {
  const { kind, host, hosts, origins } = config;
  const settingOf = (key: string) => (isMounted ? `config.${key}` : envNameOf(kind, key));
  requireAll('hosts', hosts, isHostPattern, 'a host name without scheme, or *.name for all names below one');
  requireAll(
    'origins',
    origins,
    isOriginPattern,
    'an origin with its scheme, such as https://chat.example.com',
  );
  return {
    hosts: new HostGuard({
      bound: host,
      machine: hostname(),
      addresses: machineAddresses,
      configured: hosts,
      setting: settingOf('hosts'),
    }),
    origins: new OriginGuard({ configured: origins, setting: settingOf('origins') }),
    apiKeys: apiKeys.length > 0 ? new ApiKeys(apiKeys) : undefined,
  };
}

function requireAll(
  key: string,
  entries: readonly string[],
  isRight: (entry: string) => boolean,
  allowed: string,
): void {
  const wrong = entries.find((entry) => !isRight(entry));
  if (wrong !== undefined)
    throw new ConfigError(`${key} has ${JSON.stringify(wrong)} in it, but each entry must be ${allowed}`);
}

/** Read anew each time: a laptop changes networks. */
function machineAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address }) => address),
  );
}

/** Throws `ConfigError` where `config` listens beyond this machine and asks for no key. */
export function requireKey({ kind, host, apiKey }: Pick<HiveConfig, 'kind' | 'host' | 'apiKey'>): void {
  if (apiKey !== undefined || isLoopbackHost(host)) return;
  throw new ConfigError(
    `${kind} would listen on ${host}, where other machines can reach it, and let everybody in: set ${envNameOf(kind, 'apiKey')} ` +
      `(apiKey), or ${envNameOf(kind, 'host')} (host) to 127.0.0.1, or start with --insecure if that is what you want`,
  );
}

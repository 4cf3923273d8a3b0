/** Keeps a hive that others can reach from being open to all of them by mistake. */
import { BlockList, isIP } from 'node:net';
import { ConfigError } from '../hive/config-error.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { envNameOf } from '../hive/env-name.js';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Throws `ConfigError` where `config` listens beyond this machine and asks for no key. */
export function requireKey({ kind, host, apiKey }: Pick<HiveConfig, 'kind' | 'host' | 'apiKey'>): void {
  if (apiKey !== undefined || isLoopback(host)) return;
  throw new ConfigError(
    `${kind} would listen on ${host}, where other machines can reach it, and let everybody in: set ${envNameOf(kind, 'apiKey')} ` +
      `(apiKey), or ${envNameOf(kind, 'host')} (host) to 127.0.0.1, or start with --insecure if that is what you want`,
  );
}

/** Other names may mean any address, now or later. */
function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return /^localhost\.?$/i.test(host);
  return LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

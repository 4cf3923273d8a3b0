/** Keeps a hive that others can reach from being open to all of them by mistake. */
import { ConfigError } from '../hive/config-error.js';
import type { HiveConfig } from '../hive/config-keys.js';
import { envNameOf } from '../hive/env-name.js';
import { isLoopbackHost } from '../http/guards/loopback.js';

/** Throws `ConfigError` where `config` listens beyond this machine and asks for no key. */
export function requireKey({ kind, host, apiKey }: Pick<HiveConfig, 'kind' | 'host' | 'apiKey'>): void {
  if (apiKey !== undefined || isLoopbackHost(host)) return;
  throw new ConfigError(
    `${kind} would listen on ${host}, where other machines can reach it, and let everybody in: set ${envNameOf(kind, 'apiKey')} ` +
      `(apiKey), or ${envNameOf(kind, 'host')} (host) to 127.0.0.1, or start with --insecure if that is what you want`,
  );
}

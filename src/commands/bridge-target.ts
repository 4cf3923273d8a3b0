/** Which bridge to ask, and with which key. */
import { ConfigError } from '../hive/config-error.js';
import { loadConfig } from '../hive/config.js';
import type { ConfigFlag } from '../hive/load-table.js';
import { rosterPath } from '../hive/paths.js';
import { readBinds } from '../hive/roster.js';
import { readApiKeys } from '../run/read-api-keys.js';
import { findOwnHive, toDialledHost } from '../run/own-address.js';

export interface BridgeTarget {
  readonly hive: string;
  /** Where the bridge's routes begin, with a slash at its end. */
  readonly base: URL;
  readonly key: string | undefined;
}

/** What the command line says of the bridge. */
export interface BridgeQuestion {
  readonly hive: string;
  /** By default what the hive is configured with. */
  readonly url?: string;
  /** By default one that the hive is configured with. */
  readonly key?: string;
  /** Whose key to take of those that are configured, where there is one of that kind. */
  readonly keyFor: 'operator' | 'user';
  /** What the command line says of the configuration. */
  readonly flags?: readonly ConfigFlag[];
}

/**
 * The configured key goes to the configured address only. Rejects with a `ConfigError` for an address that is none, and for
 * a port that is not known.
 */
export async function findTarget(
  { hive, url, key, keyFor, flags }: BridgeQuestion,
  env: Readonly<Record<string, string | undefined>>,
): Promise<BridgeTarget> {
  const { config } = loadConfig({ kind: hive, env, flags });
  const port = config.port === 0 ? boundPort(hive, env) : config.port;
  if (url === undefined && port === undefined)
    throw new ConfigError(
      `${hive} is configured to take any free port: name the bridge's address with --url`,
    );
  const base = url === undefined ? new URL(`http://${toDialledHost(config.host)}:${port}/`) : toBase(url);
  const isOurs =
    url === undefined ||
    (port !== undefined && (await findOwnHive(base.href, [{ ...config, port }])) !== undefined);
  if (key !== undefined || !isOurs) return { hive, base, key };
  const keys = readApiKeys(config.apiKey);
  const wanted = keys.find(({ operator = false }) => operator === (keyFor === 'operator')) ?? keys[0];
  return { hive, base, key: wanted?.key };
}

/** A port that the system chose stands in humd's roster. */
function boundPort(hive: string, env: Readonly<Record<string, string | undefined>>): number | undefined {
  return readBinds(rosterPath(env)).find(({ kind }) => kind === hive)?.port;
}

function toBase(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  const isHttp = base?.protocol === 'http:' || base?.protocol === 'https:';
  if (base === undefined || !isHttp || base.username !== '' || base.password !== '')
    throw new ConfigError('--url must be an http or https address such as http://127.0.0.1:11434');
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

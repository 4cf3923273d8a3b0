/** Which bridge to ask, and with which key. */
import { ConfigError } from '../../hive/config-error.js';
import { loadConfig } from '../../hive/config.js';
import { rosterPath } from '../../hive/paths.js';
import { readBinds } from '../../hive/roster-binds.js';
import { readApiKeys } from '../../run/read-api-keys.js';
import type { StatusInvocation } from '../../run/command-line/invocation.js';
import { findOwnHive, toDialledHost } from '../../run/own-address.js';

export interface StatusTarget {
  readonly hive: string;
  /** Where the bridge's routes begin, with a slash at its end. */
  readonly base: URL;
  readonly key: string | undefined;
}

/**
 * The configured key, an operator's where there is one, goes to the configured address only. Rejects with a `ConfigError` for an address that is none, and for
 * a port that is not known.
 */
export async function findTarget(
  { hive, url, key }: StatusInvocation,
  env: Readonly<Record<string, string | undefined>>,
): Promise<StatusTarget> {
  const { config } = loadConfig({ kind: hive, env });
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
  return { hive, base, key: (keys.find(({ operator }) => operator) ?? keys[0])?.key };
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

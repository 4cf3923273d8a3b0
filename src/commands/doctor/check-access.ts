/** Checks whether everybody who can reach the hive may use it. */
import { ConfigError } from '../../hive/config-error.js';
import type { HiveConfig } from '../../hive/config-keys.js';
import { exposedMode } from '../../hive/file-warnings.js';
import { envNameOf } from '../../hive/env-variables.js';
import { apiKeyFileOf, readApiKeys } from '../../run/read-api-keys.js';
import { requireKey } from '../../run/guards.js';
import type { Verdict } from './finding.js';

/** @param insecure whether the hive is to be started with `--insecure` */
export function checkAccess(config: HiveConfig, insecure: boolean): Verdict {
  const { kind, host } = config;
  const count = readApiKeys(config.apiKey).length;
  const file = apiKeyFileOf(config.apiKey);
  const mode = file === undefined ? undefined : exposedMode(file);
  if (mode !== undefined)
    return {
      status: 'warn',
      detail: `${file} has mode ${mode}: others can read or change the API keys`,
      remedy: `chmod 600 ${file}`,
    };
  if (count > 0)
    return {
      status: 'ok',
      detail: `clients must show ${count === 1 ? 'the API key' : `one of ${count} API keys`}`,
    };
  try {
    requireKey(config);
    return { status: 'ok', detail: `no API key; only this machine can reach ${host}` };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      status: insecure ? 'warn' : 'fail',
      detail: `other machines can reach ${host}, and no API key is set: ${insecure ? 'everybody may use it' : 'the hive does not start'}`,
      remedy: `set ${envNameOf(kind, 'apiKey')}=$(openssl rand -hex 24), or ${envNameOf(kind, 'host')}=127.0.0.1`,
    };
  }
}

/** Validates all that was configured, before any port is taken and any process is started. */
import { loadIdentity } from '../hive/identity.js';
import { keyPath } from '../hive/paths.js';
import { readSettings, type SettingsReader } from './settings.js';
import { requireRedisUrl } from './shared-state.js';
import type { PreparedHive } from './start-hives.js';

/** The hives, each with its identity, which is made at the first start. Rejects with a `ConfigError`. */
export async function prepareHives(
  kinds: readonly string[],
  reader: SettingsReader,
): Promise<readonly PreparedHive[]> {
  const { env } = reader;
  const hives = kinds.map((kind) => ({
    ...readSettings(kind, reader),
    hid: loadIdentity({ keyPath: keyPath(env, kind) }).hid,
  }));
  await requireRedisUrl(env);
  return hives;
}

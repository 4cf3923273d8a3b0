/** Reads again what hives are configured to do, while they run. */
import { ConfigError } from '../hive/config-error.js';
import { takeOver } from '../hive/fixed-keys.js';
import { type HiveSettings, readConfig, type SettingsReader, toSettings } from './settings.js';

/**
 * What each hive is to do from now on. One whose configuration is wrong now keeps what it has: the log says why, and which
 * keys need a restart.
 */
export function reloadSettings<Hive extends HiveSettings>(
  hives: readonly Hive[],
  reader: SettingsReader,
): readonly Hive[] {
  return hives.map((hive) => {
    const { kind } = hive.config;
    const log = reader.log.child({ hive: kind });
    try {
      const { config, needRestart } = takeOver(hive.config, readConfig(kind, reader));
      const settings = toSettings(config, reader.insecure);
      if (needRestart.length > 0)
        log.warn({ keys: needRestart }, `changed, but needs a restart: ${needRestart.join(', ')}`);
      log.info('the configuration was read again');
      return { ...hive, ...settings };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error(`the configuration stays as it was: ${error.message}`);
      return hive;
    }
  });
}

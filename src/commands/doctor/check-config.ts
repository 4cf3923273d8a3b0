/** Is the hive configured in a way that it can start with, and where does each value come from? */
import { loadConfig, type LoadedConfig } from '../../hive/config.js';
import { ConfigError } from '../../hive/config-error.js';
import type { ConfigEntry, ConfigFile, ConfigFlag } from '../../hive/load-table.js';
import { configHome, configPath, type Environment } from '../../hive/paths.js';
import {
  loadUpstreamWorkerConfig,
  type LoadedUpstreamWorkerConfig,
} from '../../hive/upstream-worker-config.js';
import { requireRedisUrl } from '../../run/shared-state.js';
import { toSettings } from '../../run/settings.js';
import { type Finding, toFinding } from './finding.js';

const TITLE = 'configuration';

export interface CheckedConfig<Loaded> {
  readonly findings: readonly Finding[];
  /** Undefined if the hive cannot start with it. */
  readonly loaded: Loaded | undefined;
}

/** Of a hive that answers HTTP. */
export function checkConfig(
  kind: string,
  env: Environment,
  flags: readonly ConfigFlag[],
): Promise<CheckedConfig<LoadedConfig>> {
  return check(kind, env, async () => {
    const loaded = loadConfig({ kind, env, flags });
    // Whether it may run without a key is another question.
    toSettings(loaded.config, true);
    await requireRedisUrl(env);
    return loaded;
  });
}

/** Of the hive that is an upstream worker. */
export function checkUpstreamWorkerConfig(
  kind: string,
  env: Environment,
  flags: readonly ConfigFlag[],
): Promise<CheckedConfig<LoadedUpstreamWorkerConfig>> {
  return check(kind, env, async () => loadUpstreamWorkerConfig({ env, flags }));
}

interface Loaded {
  readonly file: ConfigFile | undefined;
  readonly entries: readonly ConfigEntry[];
  readonly warnings: readonly string[];
}

async function check<T extends Loaded>(
  kind: string,
  env: Environment,
  load: () => Promise<T>,
): Promise<CheckedConfig<T>> {
  try {
    const loaded = await load();
    const warnings = loaded.warnings.map((detail) =>
      toFinding(TITLE, {
        status: 'warn',
        detail,
        remedy: `correct or remove it; thrum-bridge ${kind} --print-config shows every key there is`,
      }),
    );
    const path = loaded.file?.path ?? configPath(configHome(env), kind);
    const detail = describeSources(loaded.entries, path);
    return { findings: [toFinding(TITLE, { status: 'ok', detail }), ...warnings], loaded };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remedy = `change that value; thrum-bridge ${kind} --print-config shows all of them once they can be read`;
    const verdict = { status: 'fail', detail: error.message, remedy } as const;
    return { findings: [toFinding(TITLE, verdict)], loaded: undefined };
  }
}

/** Names what does not come from the defaults. */
function describeSources(entries: readonly ConfigEntry[], path: string): string {
  const named = entries.flatMap(({ source }) =>
    source.type === 'env' || source.type === 'flag' ? [source.name] : [],
  );
  const fromFile = entries.flatMap(({ key, source }) => (source.type === 'file' ? [key] : []));
  const parts = [
    ...(named.length > 0 ? [`${named.join(', ')} from the environment or the command line`] : []),
    ...(fromFile.length > 0 ? [`${fromFile.join(', ')} from ${path}`] : []),
  ];
  if (parts.length === 0) return `built-in defaults only (no value in the environment or in ${path})`;
  return `${parts.join('; ')}; defaults for the rest`;
}

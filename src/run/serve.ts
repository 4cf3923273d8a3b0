/** Runs the hives that were asked for, on the nest that was asked for or found. */
import type { Logger } from 'pino';
import { loadConfig } from '../hive/config.js';
import { loadIdentity } from '../hive/identity.js';
import { journalFolder, keyPath } from '../hive/paths.js';
import { type Bridge, startBridge } from './bridge.js';
import { chooseNest } from './choose-nest.js';
import type { Invocation } from './cli.js';
import { startLine } from './start-line.js';

export interface ServeOptions {
  readonly invocation: Invocation;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: Logger;
  /** Prints a line for the user. */
  print(line: string): void;
}

export interface Service {
  readonly bridges: readonly Bridge[];
  /** Drains and ends everything. May be called twice. */
  close(): Promise<void>;
}

/** How long the start line waits for the link, so that it can name the models. */
const START_LINE_TIMEOUT_MS = 1_000;

/**
 * Validates all configuration before any port is taken. Rejects with a `ConfigError` for what the user wrote, or with the
 * system's error for what the machine refuses.
 */
export async function serve(options: ServeOptions): Promise<Service> {
  const { invocation, env, version, log, print } = options;
  const hives = invocation.hives.map((kind) => {
    const { config, warnings } = loadConfig({ kind, env });
    for (const warning of warnings) log.warn({ hive: kind }, warning);
    return { config, hid: loadIdentity({ keyPath: keyPath(env, kind) }).hid };
  });
  const configs = hives.map(({ config }) => config);
  const chosen = await chooseNest(invocation.nest, configs, env);
  const bridges: Bridge[] = [];
  const close = async () => {
    await Promise.all(bridges.map((bridge) => bridge.close()));
    await chosen.close();
  };
  try {
    for (const { config, hid } of hives) {
      const place = chosen.placeFor(config);
      bridges.push(
        await startBridge({
          config,
          hid,
          place,
          journalFolder: journalFolder(env, config.kind),
          version,
          log: log.child({ hive: config.kind }),
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  await Promise.all(bridges.map(({ nest }) => nest.whenUp(START_LINE_TIMEOUT_MS).catch(() => undefined)));
  for (const { config, url, nest } of bridges) {
    const who = chosen.describe(nest.link(), config);
    print(startLine({ version, kind: config.kind, url, nest: who, models: nest.models() }));
  }
  return { bridges, close };
}

/** Starts a real bridge on a free port for a test, in front of whatever daemon the test has. */
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../src/hive/config.js';
import { type Bridge, type NestPlace, startBridge } from '../src/run/bridge.js';
import { temporaryFolder } from './temporary-folder.js';

export interface BridgeSettings {
  readonly place: { readonly socketPath: string; readonly beesPath: string };
  /** Environment as the user would set it: `OLLAMA_SERVER_TURN_TIMEOUT_MS`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly kind?: string;
}

/** The bridge, listening and (unless `waitForLink` is false) linked; closed when the test is over. */
export async function startTestBridge(settings: BridgeSettings, waitForLink = true): Promise<Bridge> {
  const kind = settings.kind ?? 'ollama-server';
  const prefix = kind.toUpperCase().replaceAll('-', '_');
  const folder = temporaryFolder();
  const env = { HOME: folder, XDG_CONFIG_HOME: folder, [`${prefix}_PORT`]: '0', ...settings.env };
  const place: NestPlace = {
    socketPath: () => settings.place.socketPath,
    rosterPath: settings.place.beesPath,
  };
  const bridge = await startBridge({
    config: { ...loadConfig({ kind, env }).config, drainMs: 200 },
    hid: 'fbee_test',
    place,
    journalFolder: join(folder, 'journal'),
    version: '0.0.0-test',
    log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
  });
  onTestFinished(() => bridge.close());
  if (waitForLink) await bridge.nest.whenUp(5_000);
  return bridge;
}

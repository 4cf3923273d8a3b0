/** Starts a real bridge on a free port for a test, in front of whatever daemon the test has. */
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../src/hive/config.js';
import type { HiveConfig } from '../src/hive/config-keys.js';
import type { TurnObserver } from '../src/observe/turn-observer.js';
import { readApiKeys } from '../src/run/read-api-keys.js';
import { type Bridge, startBridge } from '../src/run/bridge.js';
import type { NestPlace } from '../src/run/create-nest.js';
import { openSharedState } from '../src/run/shared-state.js';
import { temporaryFolder } from './temporary-folder.js';

export interface Place {
  readonly socketPath: string;
  readonly beesPath: string;
}

export interface BridgeSettings {
  readonly place: Place;
  /** More humds, which come after the first. */
  readonly places?: readonly Place[];
  /** Where a humd may come that turns go to from then on; the first place is an echo's then. */
  readonly laterPlace?: Place;
  /** Environment as the user would set it: `OLLAMA_SERVER_TURN_TIMEOUT_MS`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly kind?: string;
  /** Who it says it is. humd lists a bee by one that it can read, which the usual one is not; one process has it at a time. */
  readonly hid?: string;
  /** Goes before what the environment says. */
  readonly config?: Partial<HiveConfig>;
  /** Silent without one. */
  readonly log?: Logger;
  /** Where the journal's files go; somewhere of their own without one. */
  readonly journalFolder?: string;
  /** Are told of every turn too. */
  readonly observers?: readonly TurnObserver[];
  /** A Redis that this bridge shares its state in. */
  readonly redisUrl?: string;
}

/** The bridge, listening and (unless `waitForLink` is false) linked; closed when the test is over. */
export async function startTestBridge(settings: BridgeSettings, waitForLink = true): Promise<Bridge> {
  const kind = settings.kind ?? 'ollama-server';
  const prefix = kind.toUpperCase().replaceAll('-', '_');
  const folder = temporaryFolder();
  const env = { HOME: folder, XDG_CONFIG_HOME: folder, [`${prefix}_PORT`]: '0', ...settings.env };
  const { laterPlace } = settings;
  const echo = { why: 'no humd', upstream: null, awaitsHum: true };
  const toNestPlace = ({ socketPath, beesPath }: Place): NestPlace => ({
    socketPath: () => socketPath,
    rosterPath: beesPath,
  });
  const places = [settings.place, ...(settings.places ?? [])].map((place) => ({
    ...toNestPlace(place),
    ...(laterPlace === undefined ? {} : { embedded: echo }),
  }));
  const log = settings.log ?? pino({ level: process.env['TEST_LOG'] ?? 'silent' });
  const shared = await openSharedState({ REDIS_URL: settings.redisUrl }, log);
  onTestFinished(() => shared?.close());
  const quick = { [`${prefix}_DRAIN_MS`]: '200', [`${prefix}_DRAIN_DELAY_MS`]: '0' };
  const config = { ...loadConfig({ kind, env: { ...quick, ...env } }).config, ...settings.config };
  const bridge = await startBridge({
    config,
    apiKeys: readApiKeys(config.apiKey),
    hid: settings.hid ?? 'fbee_test',
    places,
    laterPlaces: laterPlace === undefined ? [] : [toNestPlace(laterPlace)],
    journalFolder: settings.journalFolder ?? join(folder, 'journal'),
    observers: settings.observers ?? [],
    version: '0.0.0-test',
    shared: shared?.of('fbee_test'),
    log,
  });
  onTestFinished(() => bridge.close());
  if (waitForLink) await bridge.nest.whenUp(5_000);
  return bridge;
}

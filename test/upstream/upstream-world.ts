/** A bridge in front of the development daemon, in which the one worker passes turns on to an upstream. */
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/daemon/daemon.js';
import { createWorkerHid } from '../../src/daemon/worker/worker-bee.js';
import type { HiveConfig } from '../../src/hive/config-keys.js';
import type { Bridge } from '../../src/run/bridge.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import {
  UpstreamWorker,
  type UpstreamWorkerOptions,
  type UpstreamLimits,
} from '../../src/upstream/upstream-worker.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type FakeUpstream, startFakeUpstream } from './fake-upstream.js';

export interface UpstreamWorld {
  readonly upstream: FakeUpstream;
  readonly daemon: Daemon;
  readonly bee: UpstreamWorker;
  readonly bridge: Bridge;
  readonly url: string;
  /** What the worker sent, in order, but for its hellos. */
  readonly said: readonly Tone[];
  readonly hellos: readonly Tone[];
  post(path: string, body: unknown, signal?: AbortSignal): Promise<Response>;
}

export interface UpstreamWorldOptions {
  readonly base?: string;
  readonly daemon?: Partial<DaemonOptions>;
  readonly bee?: Partial<UpstreamWorkerOptions>;
  readonly limits?: Partial<UpstreamLimits>;
  readonly config?: Partial<HiveConfig>;
  readonly log?: Logger;
  /** Before the worker is there. */
  readonly prepare?: (upstream: FakeUpstream) => void;
}

export const LIMITS: UpstreamLimits = {
  maxCells: 1_024,
  silenceMs: 10_000,
  refreshMs: 60_000,
  maxToneBytes: 128 * 2 ** 20,
  socketCheck: 'off',
};

export async function startUpstreamWorld(options: UpstreamWorldOptions = {}): Promise<UpstreamWorld> {
  const upstream = await startFakeUpstream();
  options.prepare?.(upstream);
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  const said: Tone[] = [];
  const hellos: Tone[] = [];
  const daemon = await startDaemon({
    ...place,
    onTone: (direction, tone, client) => {
      if (direction !== 'in') return;
      if (tone.chi === 'hello') hellos.push(tone);
      else if (client.manifest?.bee.includes('worker')) said.push(tone);
    },
    routeUndeclaredToolResults: true,
    ...options.daemon,
  });
  onTestFinished(() => daemon.close());
  const bee = UpstreamWorker.open({
    introduction: {
      hive: 'upstream-worker',
      hid: createWorkerHid(),
      version: '0.0.0-test',
      source: 'https://example.org/source',
    },
    socketPath: () => place.socketPath,
    base: options.base ?? upstream.base,
    apiKey: 'sk-secret-1234',
    models: [],
    offerEmbed: true,
    limits: { ...LIMITS, ...options.limits },
    log: options.log ?? pino({ level: 'silent' }),
    ...options.bee,
  });
  onTestFinished(() => bee.close());
  await bee.start();
  await bee.whenUp(5_000);
  const bridge = await startTestBridge({ place, ...(options.config ? { config: options.config } : {}) });
  return {
    upstream,
    daemon,
    bee,
    bridge,
    url: bridge.url,
    said,
    hellos: hellos,
    post: (path, body, signal) =>
      fetch(bridge.url + path, { method: 'POST', body: JSON.stringify(body), ...(signal ? { signal } : {}) }),
  };
}

/** A chat of one user message for the model that the upstream lists. */
export function chat(
  content: string,
  fields: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { model: 'llama3', messages: [{ role: 'user', content }], ...fields };
}

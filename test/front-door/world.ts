/** A whole world for a test: the development daemon with its echo worker, and a bridge on a real port in front of it. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { onTestFinished } from 'vitest';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import type { Statefulness, WorkerBee } from '../../src/daemon/worker/worker-bee.js';
import type { HiveConfig } from '../../src/hive/config-keys.js';
import type { Bridge } from '../../src/run/bridge.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

export interface World {
  readonly bridge: Bridge;
  readonly url: string;
  /** The daemon that runs now. */
  daemon(): Daemon;
  readonly worker: WorkerBee;
  /** Every tone that the bridge sent, over all daemons, in order. */
  readonly sent: readonly Tone[];
  /** Those of one chi. */
  sentOf(chi: string): readonly Tone[];
  /** Stops the daemon in the middle of whatever it does. */
  stopDaemon(): Promise<void>;
  /** Starts another daemon, with its worker, in the same place. */
  startDaemon(): Promise<void>;
  /** Sends a JSON body. */
  post(path: string, body: unknown, signal?: AbortSignal): Promise<Response>;
}

export interface WorldOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly daemon?: Partial<DaemonOptions>;
  readonly kind?: string;
  /** Of the bridge; goes before what `env` says. */
  readonly config?: Partial<HiveConfig>;
  /** Of the echo worker; it plays no role for what it answers. */
  readonly statefulness?: Statefulness;
  /** What the echo worker calls itself: `claude-cli`. */
  readonly worker?: string;
  /** Of the bridge; silent without one. */
  readonly log?: Logger;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  const sent: Tone[] = [];
  const start = async () => {
    const daemon = await startDaemon({
      ...place,
      onTone: (direction, tone, client) => {
        if (direction === 'in' && client.manifest?.bee.includes('worker') !== true && tone.chi !== 'hello')
          sent.push(tone);
      },
      ...options.daemon,
    });
    const worker = await startEchoWorker({
      socketPath: place.socketPath,
      models: ['claude-sonnet-4'],
      ...(options.statefulness ? { statefulness: options.statefulness } : {}),
      ...(options.worker ? { hive: options.worker } : {}),
    });
    return { daemon, worker };
  };
  let running = await start();
  onTestFinished(() => running.daemon.close());
  const bridge = await startTestBridge({
    place,
    env: options.env ?? {},
    kind: options.kind ?? 'ollama-server',
    ...(options.config ? { config: options.config } : {}),
    ...(options.log ? { log: options.log } : {}),
  });
  return {
    bridge,
    url: bridge.url,
    daemon: () => running.daemon,
    worker: running.worker,
    sent,
    sentOf: (chi) => sent.filter((tone) => tone.chi === chi),
    stopDaemon: () => running.daemon.close(),
    startDaemon: async () => {
      running = await start();
    },
    post: (path, body, signal) =>
      fetch(bridge.url + path, { method: 'POST', body: JSON.stringify(body), ...(signal ? { signal } : {}) }),
  };
}

/** A chat of one user message for `/api/chat` and `/v1/chat/completions` alike. */
export function chat(
  content: string,
  fields: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { model: 'claude-sonnet-4', messages: [{ role: 'user', content }], ...fields };
}

/** A prompt that the echo worker plays as a script. */
export function script(steps: Readonly<Record<string, unknown>>): string {
  return `@script ${JSON.stringify(steps)}`;
}

/** The JSON values of an NDJSON body, or of an event stream's data frames without `[DONE]`. */
export function parseStream(body: string): readonly Record<string, unknown>[] {
  return body
    .split('\n')
    .map((line) => line.replace(/^data: /, ''))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

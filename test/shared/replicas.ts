/** Two bridges of one hive on one daemon, which share a Redis. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { onTestFinished } from 'vitest';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import type { Bridge } from '../../src/run/bridge.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

export type Json = Readonly<Record<string, unknown>>;

export interface Replica {
  readonly bridge: Bridge;
  /** The tones of one chi that this replica sent. */
  sentOf(chi: string): readonly Tone[];
  /** Sends a JSON body; `headers` may name a session. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  remove(path: string): Promise<Response>;
}

export interface Replicas {
  readonly daemon: Daemon;
  readonly first: Replica;
  readonly second: Replica;
}

export interface ReplicaOptions {
  readonly redisUrl: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly daemon?: Partial<DaemonOptions>;
  readonly log?: Logger;
}

/** The worker remembers its sessions. */
export async function startReplicas(options: ReplicaOptions): Promise<Replicas> {
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  const sent: { readonly client: string; readonly tone: Tone }[] = [];
  const daemon = await startDaemon({
    ...place,
    onTone: (direction, tone, client) => {
      if (direction === 'in') sent.push({ client: client.id, tone });
    },
    ...options.daemon,
  });
  onTestFinished(() => daemon.close());
  await startEchoWorker({ ...place, models: ['claude-sonnet-4'], statefulness: 'stateful_session' });
  const start = async (): Promise<Replica> => {
    const hellos = sent.length;
    const { redisUrl, env, log } = options;
    const bridge = await startTestBridge({ place, redisUrl, env: env ?? {}, ...(log ? { log } : {}) });
    const own = sent.slice(hellos).find(({ tone }) => tone.chi === 'hello')?.client;
    const ask = (path: string, init: RequestInit) => fetch(bridge.url + path, init);
    return {
      bridge,
      sentOf: (chi) =>
        sent.filter(({ client, tone }) => client === own && tone.chi === chi).map(({ tone }) => tone),
      post: (path, body, headers = {}) => ask(path, { method: 'POST', body: JSON.stringify(body), headers }),
      get: (path, headers = {}) => ask(path, { headers }),
      remove: (path) => ask(path, { method: 'DELETE' }),
    };
  };
  return { daemon, first: await start(), second: await start() };
}

/** The JSON of an answer, whatever its shape. */
export async function bodyOf(response: Response | Promise<Response>) {
  return Object(await (await response).json());
}

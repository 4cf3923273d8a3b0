/** A development daemon with its worker at a place of its own, for tests with several of them or with something in front. */
import { onTestFinished } from 'vitest';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import type { Statefulness, WorkerBee } from '../../src/daemon/worker/worker-bee.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { type Place, temporaryPlace } from './place.js';

export interface Humd {
  readonly place: Place;
  daemon(): Daemon;
  worker(): WorkerBee;
  /** What foragers sent of one chi, over all lives. */
  sentOf(chi: string): readonly Tone[];
  stop(): Promise<void>;
  /** Starts it again, in the same place. */
  start(): Promise<void>;
}

export interface HumdOptions extends Partial<DaemonOptions> {
  readonly models?: readonly string[];
  readonly statefulness?: Statefulness;
  /** A new one without it. */
  readonly place?: Place;
}

export async function startHumd({
  models = ['claude-sonnet-4'],
  statefulness,
  place = temporaryPlace(),
  ...options
}: HumdOptions = {}): Promise<Humd> {
  const sent: Tone[] = [];
  const start = async () => {
    const daemon = await startDaemon({
      ...place,
      onTone: (direction, tone, client) => {
        if (direction === 'in' && client.manifest?.bee.includes('worker') !== true) sent.push(tone);
      },
      ...options,
    });
    const worker = await startEchoWorker({
      socketPath: place.socketPath,
      models,
      ...(statefulness === undefined ? {} : { statefulness }),
    });
    return { daemon, worker };
  };
  let running = await start();
  onTestFinished(() => running.daemon.close());
  return {
    place,
    daemon: () => running.daemon,
    worker: () => running.worker,
    sentOf: (chi) => sent.filter((tone) => tone.chi === chi && !Object(tone)['bee']?.includes('worker')),
    stop: () => running.daemon.close(),
    start: async () => {
      running = await start();
    },
  };
}

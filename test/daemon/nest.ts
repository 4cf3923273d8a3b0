/** A daemon in a folder of its own, and what tests put around it; all of it goes when `close` is called. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/daemon/daemon.js';
import { type EchoWorkerOptions, startEchoWorker } from '../../src/daemon/echo/worker.js';
import { startWorkerBee, type WorkerBee, type WorkerBeeOptions } from '../../src/daemon/worker/worker-bee.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type Dialled, dialDaemon } from './dial.js';

export interface Nest {
  readonly daemon: Daemon;
  /** A forager that has said hello. */
  forager(hello?: Readonly<Record<string, unknown>>): Promise<Dialled>;
  /** A link that has said nothing yet. */
  dial(): Promise<Dialled>;
  echoWorker(options?: Partial<EchoWorkerOptions>): Promise<WorkerBee>;
  worker(options: Omit<WorkerBeeOptions, 'socketPath' | 'hive'>): Promise<WorkerBee>;
  /** bees.json as it is now. */
  bees(): Promise<Record<string, Record<string, unknown>>>;
}

/** For the test that runs: everything is taken down when it is over. */
export async function startNest(options: Partial<DaemonOptions> = {}): Promise<Nest> {
  const folder = temporaryFolder();
  const socketPath = join(folder, 'thrum.sock');
  const beesPath = join(folder, 'bees.json');
  const daemon = await startDaemon({ socketPath, beesPath, ...options });
  onTestFinished(() => daemon.close());
  const nest: Nest = {
    daemon,
    async dial() {
      const dialled = await dialDaemon(socketPath);
      onTestFinished(() => dialled.close());
      return dialled;
    },
    async forager(hello) {
      const dialled = await nest.dial();
      await dialled.hello(hello);
      return dialled;
    },
    echoWorker: (worker = {}) => startEchoWorker({ socketPath, ...worker }),
    worker: (worker) => startWorkerBee({ socketPath, hive: 'scripted', ...worker }),
    async bees() {
      return JSON.parse(await readFile(beesPath, 'utf8'));
    },
  };
  return nest;
}

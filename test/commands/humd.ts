/** A humd in its usual place below a home, as the commands look for it. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import type { Statefulness } from '../../src/daemon/worker/worker-bee.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { temporaryFolder } from '../temporary-folder.js';

export interface FoundWorker {
  readonly models: readonly string[];
  readonly hive?: string;
  readonly statefulness?: Statefulness;
}

export interface Humd {
  readonly home: string;
  readonly socketPath: string;
  /** What foragers sent, of one chi. */
  sentOf(chi: string): readonly Tone[];
}

export async function startHumd(
  workers: readonly FoundWorker[] = [{ models: ['claude-sonnet-4-6', 'claude-opus-4-7'] }],
): Promise<Humd> {
  const home = temporaryFolder();
  const socketPath = join(home, 'run/hum/thrum.sock');
  const sent: Tone[] = [];
  const daemon = await startDaemon({
    socketPath,
    beesPath: join(home, 'state/hum/bees.json'),
    onTone: (direction, tone, client) => {
      if (direction === 'in' && client.manifest?.bee.includes('worker') !== true) sent.push(tone);
    },
  });
  onTestFinished(() => daemon.close());
  for (const worker of workers) await startEchoWorker({ socketPath, ...worker });
  return { home, socketPath, sentOf: (chi) => sent.filter((tone) => tone.chi === chi) };
}

/** The development daemon with its echo worker at given paths, from a command line. */
import { parseArgs } from 'node:util';
import { startDaemon } from './daemon.js';
import { startEchoWorker } from './echo/worker.js';

export interface StandAlone {
  readonly socketPath: string;
  /** May be called twice. */
  close(): Promise<void>;
}

const USAGE = 'usage: main.js --socket PATH --bees PATH [--models a,b] [--queue-limit N]';

/** Resolves when prompts can come. Throws for arguments that it does not take. */
export async function startStandAlone(args: readonly string[]): Promise<StandAlone> {
  const { socketPath, beesPath, models, queueLimit } = parseArguments(args);
  const daemon = await startDaemon({ socketPath, beesPath, ...(queueLimit !== undefined && { queueLimit }) });
  const worker = await startEchoWorker({ socketPath, models });
  return {
    socketPath,
    async close() {
      await worker.close();
      await daemon.close();
    },
  };
}

function parseArguments(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      socket: { type: 'string' },
      bees: { type: 'string' },
      models: { type: 'string', default: '' },
      'queue-limit': { type: 'string' },
    },
  });
  const { socket, bees, models, 'queue-limit': limit } = values;
  if (socket === undefined || bees === undefined) throw new Error(USAGE);
  if (limit !== undefined && !/^\d+$/.test(limit))
    throw new Error(`--queue-limit takes a whole number, 0 for none; ${USAGE}`);
  return {
    socketPath: socket,
    beesPath: bees,
    models: models.split(',').filter((model) => model !== ''),
    queueLimit: limit === undefined ? undefined : Number(limit),
  };
}

/** The nest for a machine without humd: a development daemon in this process, with an echo worker on its socket. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, startDaemon } from './daemon.js';
import { startEchoWorker } from './echo-worker.js';
import { hashEmbedTool, runHashEmbed } from './hash-embed.js';
import type { WorkerBee } from './worker-bee.js';

export interface Embedded {
  readonly socketPath: string;
  readonly beesPath: string;
  /** Stops both and removes their folder. May be called twice. */
  close(): Promise<void>;
}

/** A socket's path has 104 bytes on macOS, its end included; our part of it is 20. */
const MAX_FOLDER_BYTES = 80;
const SHORT_FOLDER = '/tmp';

/** Resolves when the worker, which serves `echo` and `models`, stands in bees.json. */
export async function startEmbedded({ models }: { readonly models: readonly string[] }): Promise<Embedded> {
  const folder = await mkdtemp(join(toShortFolder(tmpdir()), 'hum-'));
  const socketPath = join(folder, 'thrum.sock');
  const beesPath = join(folder, 'bees.json');
  let daemon: Daemon | undefined;
  let worker: WorkerBee | undefined;
  const stop = async () => {
    await worker?.close();
    await daemon?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    daemon = await startDaemon({ socketPath, beesPath });
    worker = await startEchoWorker({
      socketPath,
      models,
      tools: [hashEmbedTool],
      onToolCall: async (call) => runHashEmbed(call['args']),
    });
  } catch (error) {
    await stop();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    socketPath,
    beesPath,
    close() {
      closing ??= stop();
      return closing;
    },
  };
}

function toShortFolder(folder: string): string {
  return Buffer.byteLength(folder) <= MAX_FOLDER_BYTES ? folder : SHORT_FOLDER;
}

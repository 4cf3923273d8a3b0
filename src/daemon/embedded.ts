/** The nest for a machine without humd: a development daemon in this process, with a worker on its socket. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, startDaemon } from './daemon.js';
import { startEchoWorker } from './echo/worker.js';
import { hashEmbedTool, runHashEmbed } from './echo/hash-embed.js';

export interface Embedded {
  readonly socketPath: string;
  readonly beesPath: string;
  /** Stops both and removes their folder. May be called twice. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** What the echo worker serves besides `echo`. */
  readonly models: readonly string[];
  /**
   * Starts another worker in place of the echo; resolves when it stands in bees.json. It gets the results of tools that only
   * a prompt declared, which humd drops: it is there to be used, not to be like humd.
   */
  readonly startWorker?: ((socketPath: string) => Promise<EmbeddedWorker>) | undefined;
}

export interface EmbeddedWorker {
  close(): Promise<void>;
}

/** A socket's path has 104 bytes on macOS, its end included; our part of it is 20. */
const MAX_FOLDER_BYTES = 80;
const SHORT_FOLDER = '/tmp';

/** Resolves when the worker stands in bees.json. */
export async function startEmbedded({ models, startWorker }: EmbeddedOptions): Promise<Embedded> {
  const folder = await mkdtemp(join(toShortFolder(tmpdir()), 'hum-'));
  const socketPath = join(folder, 'thrum.sock');
  const beesPath = join(folder, 'bees.json');
  let daemon: Daemon | undefined;
  let worker: EmbeddedWorker | undefined;
  const stop = async () => {
    await worker?.close();
    await daemon?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    daemon = await startDaemon({
      socketPath,
      beesPath,
      holdsWorkersBack: true,
      routeUndeclaredToolResults: startWorker !== undefined,
    });
    worker = await (startWorker?.(socketPath) ?? startEcho(socketPath, models));
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

function startEcho(socketPath: string, models: readonly string[]): Promise<EmbeddedWorker> {
  return startEchoWorker({
    socketPath,
    models,
    isPaced: true,
    tools: [hashEmbedTool],
    onToolCall: async (call) => runHashEmbed(call['args']),
  });
}

function toShortFolder(folder: string): string {
  return Buffer.byteLength(folder) <= MAX_FOLDER_BYTES ? folder : SHORT_FOLDER;
}

/**
 * Decompresses zstd, which Node 20 cannot. The work is done in a thread that is stopped when it takes too long: twenty bytes
 * can keep the decoder busy for a quarter of a minute.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../core/fault.js';
import { tooLarge } from './read-body.js';
import { largestWindow } from './zstd-window.js';

/** No more is allowed for HTTP (RFC 9659). */
const MAX_WINDOW_BYTES = 8 * 2 ** 20;
const MAX_MS = 5_000;
/** Further bodies wait until one of these is done. */
const MAX_THREADS = 4;

/** Plain JavaScript in a text: a thread cannot load TypeScript, and the tests run the sources. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { Decompress } = require(workerData.fzstd);
const tooLarge = Symbol('tooLarge');
const chunks = [];
let size = 0;
const decoder = new Decompress((chunk) => {
  size += chunk.length;
  if (size > workerData.maxBytes) throw tooLarge;
  chunks.push(chunk);
});
try {
  decoder.push(workerData.bytes, true);
  parentPort.postMessage({ bytes: Buffer.concat(chunks) });
} catch (error) {
  parentPort.postMessage({ isTooLarge: error === tooLarge });
}
`;
const FZSTD_PATH = createRequire(import.meta.url).resolve('fzstd');

const running = new Set<Promise<Buffer>>();

/** Rejects with `body-too-large` as soon as more than `maxBytes` have come out, with `bad-request` for what is not zstd. */
export async function unzstd(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const window = largestWindow(bytes);
  if (window === undefined || window > MAX_WINDOW_BYTES) throw notDecompressed();
  while (running.size >= MAX_THREADS) await Promise.allSettled([Promise.race(running)]);
  const work = runThread(bytes, maxBytes).finally(() => running.delete(work));
  running.add(work);
  return work;
}

function runThread(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const workerData = { bytes, maxBytes, fzstd: FZSTD_PATH };
    const thread = new Worker(PROGRAM, { eval: true, execArgv: [], workerData });
    const timer = setTimeout(() => void thread.terminate(), MAX_MS);
    thread.once('message', (told: { readonly bytes?: Uint8Array; readonly isTooLarge?: boolean }) => {
      if (told.bytes) resolve(Buffer.from(told.bytes.buffer, told.bytes.byteOffset, told.bytes.byteLength));
      else reject(told.isTooLarge ? tooLarge(maxBytes) : notDecompressed());
    });
    thread.once('error', (cause) => reject(notDecompressed(cause)));
    thread.once('exit', () => {
      clearTimeout(timer);
      reject(notDecompressed());
    });
  });
}

function notDecompressed(cause?: unknown): Fault {
  return new Fault('bad-request', 'The compressed body of your request could not be decompressed.', {
    cause,
  });
}

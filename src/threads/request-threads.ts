/** The threads that read what is large or compressed, and make large tones, for all of this process. */
import { ThreadPool } from './thread-pool.js';

/**
 * Where a request begins to be large, in bytes of a body or in characters: what walks all of it holds up every other stream
 * (1,024 tones wait for 20 ms at most). Up to here work is done at once; beyond, in a thread.
 */
export const LARGE = 2 ** 20;

export const requestThreads = new ThreadPool({
  /** The event loop needs a core for itself; more threads would only take turns on the smallest machine. */
  maxThreads: 2,
  maxWaiting: 32,
  maxWaitMs: 30_000,
  deadlineMs: 20_000,
  idleMs: 30_000,
});

/** The threads that read what is large or compressed, and make large tones, for all of this process. */
import { ThreadPool } from './thread-pool.js';

export const requestThreads = new ThreadPool({
  /** The event loop needs a core for itself; more threads would only take turns on the smallest machine. */
  maxThreads: 2,
  maxWaiting: 32,
  maxWaitMs: 30_000,
  deadlineMs: 20_000,
  idleMs: 30_000,
});

/** Does the work for large requests off the event loop, in threads that the whole process shares. */
import type { TurnSignal } from '../core/abort.js';
import { LARGE } from './large.js';
import type { Task } from './task.js';
import { ThreadPool } from './thread-pool.js';

const pool = new ThreadPool({
  /** The event loop needs a core for itself; more threads would only take turns on the smallest machine. */
  maxThreads: 2,
  maxWaiting: 32,
  deadlineMs: 20_000,
  idleMs: 30_000,
});

/**
 * The task's output: at once for an input of no more than `LARGE` (bytes or characters, as the caller counted them), else
 * from a thread. Throws what the task throws; see `ThreadPool.run` for the rest.
 */
export async function runOffLoop<Input, Output>(
  task: Task<Input, Output>,
  input: Input,
  size: number,
  signal: TurnSignal,
): Promise<Output> {
  return size <= LARGE ? task.run(input) : pool.run(task, input, signal);
}

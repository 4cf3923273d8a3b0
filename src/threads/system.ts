/** What the system tells of threads: how long one has worked, and that it has not enough of something for another. */
import { readFileSync, readlinkSync } from 'node:fs';

/** Descriptors of this process and of the system, memory, threads; Node's own code for a thread that does not start. */
const CODES = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ERR_WORKER_INIT_FAILED'];

/** True for an error that says that there is not enough of something, of a thread that starts or of one that loads what it is to run. */
export function isShortage(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && CODES.includes(error.code)
  );
}

const NANOSECONDS_IN_A_MS = 1e6;

/** The file that says how long the thread that asks has worked; undefined where the system has none. */
export function findThreadTime(): string | undefined {
  try {
    const file = `/proc/${readlinkSync('/proc/thread-self')}/schedstat`;
    return readThreadTime(file) === undefined ? undefined : file;
  } catch {
    // Not Linux, or not told to us.
    return undefined;
  }
}

/** In ms; undefined where it cannot be read (any more). */
export function readThreadTime(file: string): number | undefined {
  try {
    const ms = Number(readFileSync(file, 'utf8').split(' ')[0]) / NANOSECONDS_IN_A_MS;
    return Number.isFinite(ms) && ms > 0 ? ms : undefined;
  } catch {
    // The thread is gone.
    return undefined;
  }
}

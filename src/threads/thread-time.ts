/** How long a thread has worked, which on a busy machine is less than the time that has passed. Linux tells it. */
import { readFileSync, readlinkSync } from 'node:fs';

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

/** What a process has used, as Linux tells it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const NANOSECONDS_PER_MS = 1_000_000;

/** CPU time of all threads in ms, from the scheduler, which counts nanoseconds; undefined where nobody tells. */
export function cpuMs(pid: number): number | undefined {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const times = tasks.map((task) =>
      Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return times.reduce((sum, time) => sum + time, 0) / NANOSECONDS_PER_MS;
  } catch {
    // Another system, or a kernel without scheduler statistics.
    return undefined;
  }
}

/** Whether the memory of a process can be read. */
export function tellsMemory(): boolean {
  return existsSync('/proc/self/status');
}

/** How many files a process of this user may have open; undefined where nobody tells. */
export function openFilesLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

/** How many connections the system lets this process have: each is an open file, and so is much else. */
import { readdirSync, readFileSync } from 'node:fs';

/** Of the files that may still be opened, this share is for connections of clients. The rest is for servers, threads and files. */
const SHARE_OF_CONNECTIONS = 2 / 3;

/** How many connections all hives of this process may have together; infinite where the system sets no limit. */
export function connectionRoom(): number {
  const limit = openFilesLimit();
  return Math.max(1, Math.floor((limit - openFiles()) * SHARE_OF_CONNECTIONS));
}

function openFilesLimit(): number {
  const limit = process.platform === 'linux' ? fromProc() : fromReport();
  return limit ?? Number.POSITIVE_INFINITY;
}

/** `Max open files            1024                 524288               files`: the first is the one that holds. */
function fromProc(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Takes some milliseconds. */
function fromReport(): number | undefined {
  // The types do not know it yet. Without it the report looks names up.
  Reflect.set(process.report, 'excludeNetwork', true);
  const report: unknown = process.report.getReport();
  const { userLimits }: { userLimits?: unknown } = Object(report);
  const { open_files: openFiles }: { open_files?: unknown } = Object(userLimits);
  const { soft }: { soft?: unknown } = Object(openFiles);
  return typeof soft === 'number' ? soft : undefined;
}

function openFiles(): number {
  try {
    return readdirSync('/dev/fd').length;
  } catch {
    // Some systems have no such folder. At its start this process has about so many.
    return 32;
  }
}

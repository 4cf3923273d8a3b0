/** A worker process's part in asking all processes something. */
import { randomUUID } from 'node:crypto';
import type { AllProcesses, Report, Topic } from './all-processes.js';
import type { FromWorker } from './messages.js';

/** The primary answers sooner, unless it is gone. */
const DEADLINE_MS = 2_000;

export class WorkerReports implements AllProcesses {
  readonly #tell: (message: FromWorker) => void;
  readonly #waiting = new Map<string, (reports: readonly Report[]) => void>();

  constructor(tell: (message: FromWorker) => void) {
    this.#tell = tell;
  }

  gather(hive: string, topic: Topic): Promise<readonly Report[]> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const end = (reports: readonly Report[]) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(reports);
      };
      const timer = setTimeout(() => end([]), DEADLINE_MS);
      this.#waiting.set(id, end);
      this.#tell({ type: 'gather', id, hive, topic });
    });
  }

  /** The answer to what was asked under `id`. */
  take(id: string, reports: readonly Report[]): void {
    this.#waiting.get(id)?.(reports);
  }
}

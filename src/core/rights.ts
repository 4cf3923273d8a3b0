/** What a worker may do for a turn besides writing text. */

/**
 * Which tools a worker may use that the client did not bring: `none`; `mesh`, those of other bees on the same hum; `all`, its own
 * as well (a shell, files, the web). From the smallest to the largest.
 */
export const WORKER_TOOLS = ['none', 'mesh', 'all'] as const;
export type WorkerTools = (typeof WORKER_TOOLS)[number];

/** Rights of one turn. A turn without them has none, and no folder. */
export interface Rights {
  /** `none` for every request that brings tools of its own. */
  readonly workerTools: WorkerTools;
  /** The folder that the worker works in: absolute, without symbolic links, found to be there. Absent: the worker's own choice. */
  readonly cwd?: string;
}

/** What one place (a hive, a model's entry, an API key) says of rights; what is absent has no say. */
export interface RightsSetting {
  readonly workerTools?: WorkerTools | undefined;
  /** Absolute. */
  readonly cwd?: string | undefined;
}

/** The smallest of those that are set; `none` where nobody says anything. */
export function smallestOf(settings: readonly (WorkerTools | undefined)[]): WorkerTools {
  const set = settings.filter((tools) => tools !== undefined);
  return set.length === 0 ? 'none' : (WORKER_TOOLS.find((tools) => set.includes(tools)) ?? 'none');
}

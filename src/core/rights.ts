/** What a worker may do for a turn besides writing text, and what the places that decide it (a hive, a model, an API key) say. */

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

/**
 * The rights of a request whose client brought tools, whatever became of them: `{ rights: … }` where none of them is offered, since
 * the tools of a request are seen elsewhere; else nothing.
 */
export function rightsBeside(brought: number, offered: readonly unknown[]): { readonly rights?: Rights } {
  return brought > 0 && offered.length === 0 ? { rights: { workerTools: 'none' } } : {};
}

/** What one place says; what is absent has no say. */
export interface RightsSetting {
  /** Nobody may have more here; who says the least decides. */
  readonly workerTools?: WorkerTools | undefined;
  /** Absolute. */
  readonly cwd?: string | undefined;
}

/** A key that clients show, and what goes with it. */
export interface ApiKey extends RightsSetting {
  readonly key: string;
  /** Who has it, for people who read the file. */
  readonly name?: string | undefined;
  /** True: it opens what is meant for the people who run the bridge. Absent: it does where no key says `true`. */
  readonly operator?: boolean | undefined;
}

/** The smallest of those that are set; `none` where none is set. */
export function smallestOf(settings: readonly (WorkerTools | undefined)[]): WorkerTools {
  return WORKER_TOOLS.find((tools) => settings.includes(tools)) ?? 'none';
}

/** What a name in a deny list may consist of: no space or comma separates names within it, no bracket begins a rule. */
export const SAFE_TOOL_NAME = /^[A-Za-z0-9_.*-]{1,128}$/;

/** What the workers of a model take, which decides what a prompt may carry and what is refused or named to the client instead. */

/**
 * What a worker may take besides a text. `messages` are the messages of the conversation as they are; `request` the settings as the
 * client wrote them, tools and format included; `sampling` is temperature and its like; `thinking` that thinking is switched or limited.
 */
export const ACCEPTED = [
  ...(['messages', 'request', 'images', 'pdf', 'sampling', 'thinking', 'maxTokens', 'stop'] as const),
] as const;
export type Accepted = (typeof ACCEPTED)[number];

export interface WorkerProfile {
  readonly accepts: ReadonlySet<Accepted>;
  /** True if it says `session-ready` once its process is up: a start that fails can be told from a model that thinks. */
  readonly greets: boolean;
  /** True if it calls the tools that bees list in their hello, through humd: a client's tools are declared there, and results routed. */
  readonly callsMeshTools: boolean;
  /** True if it is Claude Code's CLI behind it: its own tools, its error texts, its rights. */
  readonly isClaude: boolean;
  /** True if it never answers a prompt. */
  readonly isStub: boolean;
}

const EVERYTHING: ReadonlySet<Accepted> = new Set(
  ACCEPTED.filter((what) => what !== 'messages' && what !== 'request' && what !== 'pdf'),
);

/** A worker of a kind that is not known: it is given all that a prompt could always carry. */
export const UNKNOWN_WORKER: WorkerProfile = {
  accepts: EVERYTHING,
  greets: false,
  callsMeshTools: false,
  isClaude: false,
  isStub: false,
};

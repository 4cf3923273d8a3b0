/** A conversation that a worker remembers, between two of its turns. */
import type { Turn } from '../turn/turn.js';

/** A conversation that a worker remembers. */
export interface KeptSession {
  /** Its turn, in the state `kept`; undefined for a session of another replica, which has to be resumed under a sid of our own. */
  readonly turn: Turn | undefined;
  /** Digest of the whole conversation, the model's last answer included. */
  readonly digest: string;
  /** The model's own session id, if the worker told it. */
  readonly nestId: string | undefined;
  /** Which life of the link it belongs to: after another one it has to be resumed. */
  readonly linkLife: number;
  /** What the worker's process may do, which it was started with: tools and rights of its request, as `accessKey` has them. */
  readonly access: string;
  /** Which workers served the model then; undefined where that is not known. */
  readonly workers?: string | undefined;
}

/** The right to one name, for one turn; who has it gives it back, with or without a session. */
export interface SessionClaim {
  readonly id: string;
  /** What is there to go on with. */
  readonly kept: KeptSession | undefined;
}

/** How long a session that no request goes on with is kept, in ms. */
export const IDLE_MS = 30 * 60_000;

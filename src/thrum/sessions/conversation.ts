/** A conversation that a worker remembers, as it is told of: no text of it. */

/** What is told of a conversation; the same object from turn to turn. */
export interface Conversation {
  readonly id: string;
  readonly keyId: string | undefined;
  readonly model: string;
  readonly name: string | undefined;
  /** On the monotonic clock, in ms. */
  readonly startedAt: number;
  turns: number;
  /** True: it is not to be kept once its turn has ended. */
  isDeleted: boolean;
}

/** What replicas of a hive tell each other of tool results that are replayed. */
import { z } from 'zod';
import { parseShared, type ReplicaChannel } from '../../shared/replica-store.js';
import type { ParkedMark, ParkedTurns } from './parked-turns.js';

const CHANNEL = 'replay';

const announcement = z.object({
  replicaId: z.string(),
  mark: z.object({
    keyId: z.string().optional(),
    modelId: z.string(),
    callIds: z.array(z.string()).readonly(),
    withCalls: z.string(),
    beginning: z.string().optional(),
  }),
});

/** Tells the replicas of a hive that tool results are being replayed here, so that the one that has the parked turn gives it up. */
export class ReplayNotices {
  readonly #channel: ReplicaChannel | undefined;

  constructor(channel: ReplicaChannel | undefined, parked: ParkedTurns) {
    this.#channel = channel;
    channel?.subscribe(CHANNEL, (message) => {
      const told = parseShared(announcement, message);
      if (told !== undefined && told.replicaId !== channel.replicaId) parked.abandon(told.mark);
    });
  }

  /** False: there are no other replicas. */
  get isShared(): boolean {
    return this.#channel !== undefined;
  }

  /** If the message is lost, the parked turn ends when it has waited for long enough. */
  announce(mark: ParkedMark): void {
    const { replicaId } = this.#channel ?? {};
    void this.#channel?.publish(CHANNEL, JSON.stringify({ replicaId, mark }));
  }
}

/** Tells the replicas of a hive that tool results are being replayed here, so that whoever has the parked turn ends it. */
import { z } from 'zod';
import { parseShared, type ReplicaStore } from '../../shared/replica-store.js';
import type { ParkedMark } from './parked-turns.js';

const CHANNEL = 'replay';

const announcement = z.object({
  replicaId: z.string(),
  mark: z.object({
    keyId: z.string().optional(),
    modelId: z.string(),
    callIds: z.array(z.string()).readonly().optional(),
    withCalls: z.string(),
  }),
});

export class Replays {
  readonly #replicas: ReplicaStore | undefined;

  /** @param onElsewhere told what another replica replays */
  constructor(replicas: ReplicaStore | undefined, onElsewhere: (mark: ParkedMark) => void) {
    this.#replicas = replicas;
    replicas?.subscribe(CHANNEL, (message) => {
      const told = parseShared(announcement, message);
      if (told !== undefined && told.replicaId !== replicas.replicaId) onElsewhere(told.mark);
    });
  }

  /** False: there is nobody to tell. */
  get isShared(): boolean {
    return this.#replicas !== undefined;
  }

  /** If the message is lost, the parked turn ends when it has waited for long enough. */
  announce(mark: ParkedMark): void {
    const { replicaId } = this.#replicas ?? {};
    void this.#replicas?.publish(CHANNEL, JSON.stringify({ replicaId, mark }));
  }
}

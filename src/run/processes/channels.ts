/** What the processes that share the ports tell each other about a hive, by way of the primary. */
import { randomUUID } from 'node:crypto';
import type { ReplicaChannel } from '../../shared/replica-store.js';

export interface Notice {
  /** The kind of the hive that it is about. */
  readonly hive: string;
  readonly channel: string;
  readonly message: string;
}

/** In one of the processes. The others alone hear what it publishes. */
export class ProcessChannels {
  readonly #tellOthers: (notice: Notice) => void;
  readonly #listeners: { readonly hive: string; readonly channel: string; listen(message: string): void }[] =
    [];

  constructor(tellOthers: (notice: Notice) => void) {
    this.#tellOthers = tellOthers;
  }

  of(hive: string): ReplicaChannel {
    return {
      replicaId: randomUUID(),
      publish: async (channel, message) => this.#tellOthers({ hive, channel, message }),
      subscribe: (channel, listen) => this.#listeners.push({ hive, channel, listen }),
    };
  }

  /** Takes what another process has published. */
  onPublished({ hive, channel, message }: Notice): void {
    for (const listener of this.#listeners)
      if (listener.hive === hive && listener.channel === channel) listener.listen(message);
  }
}

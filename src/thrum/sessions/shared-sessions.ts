/**
 * What the replicas of a hive tell each other of the conversations that workers remember under a name: one that another replica had is
 * resumed by the model's own session id. While what they share is gone, or throws, each replica knows its own.
 */
import { z } from 'zod';
import { parseShared, type ReplicaStore } from '../../shared/replica-store.js';

/** Where a replica is told that another one goes on with its session. */
const CHANNEL = 'session-taken';

const sharedSession = z.object({
  replicaId: z.string(),
  sid: z.string(),
  nestId: z.string().optional(),
  turns: z.number().int().min(0).catch(0),
  /** All by which it can be found. */
  digests: z.array(z.string()).readonly().catch([]),
});

const taken = z.object({ replicaId: z.string(), sid: z.string() });

/** A session that another replica had. */
export interface RemoteSession {
  /** The model's own id of it. */
  readonly nestId: string;
  readonly turns: number;
}

/** What came of taking a session: the own one may be gone on with; another replica's is to be resumed; another replica was faster. */
export type Taken = 'own' | 'gone' | RemoteSession;

export class SharedSessions {
  readonly #replicas: ReplicaStore;

  constructor(replicas: ReplicaStore) {
    this.#replicas = replicas;
  }

  /** Calls `listener` with the sid of each session of this replica that another one goes on with. */
  onTaken(listener: (sid: string) => void): void {
    this.#replicas.subscribe(CHANNEL, (message) => {
      const told = parseShared(taken, message);
      if (told !== undefined && told.replicaId === this.#replicas.replicaId) listener(told.sid);
    });
  }

  /**
   * Takes a session, which no other replica can take then. Never rejects.
   * @param own this replica's, if it has it; without `isShared` no other replica knows of it
   */
  async take(
    digest: string,
    own: { readonly turn: { readonly sid: string }; readonly isShared: boolean } | undefined,
  ): Promise<Taken> {
    try {
      const reply = await this.#replicas.take(keyOf(digest));
      if (reply === 'gone') return 'own';
      const shared = reply.value === undefined ? undefined : parseShared(sharedSession, reply.value);
      if (shared === undefined) return own?.isShared === true ? 'gone' : 'own';
      const { replicaId, sid, nestId, turns, digests } = shared;
      void this.forget(digests.filter((other) => other !== digest));
      if (sid === own?.turn.sid) return 'own';
      if (replicaId !== this.#replicas.replicaId)
        this.#replicas.publish(CHANNEL, JSON.stringify({ replicaId, sid })).catch(() => undefined);
      // Without the model's own id only its own replica can go on with a session.
      return nestId === undefined ? 'gone' : { nestId, turns };
    } catch {
      // The store is there to share more than one replica knows: without it each knows its own.
      return 'own';
    }
  }

  /** Has no replica find a session any more. Never rejects. */
  async forget(digests: readonly string[]): Promise<void> {
    await Promise.allSettled(digests.map((digest) => this.#replicas.take(keyOf(digest))));
  }

  /** Lets all replicas find a session; true if they can. Never rejects. @param ttlMs how long, in ms */
  async keep(
    digests: readonly string[],
    session: { readonly sid: string; readonly nestId: string | undefined; readonly turns: number },
    ttlMs: number,
  ): Promise<boolean> {
    const { replicaId } = this.#replicas;
    const { sid, nestId, turns } = session;
    try {
      const entry = JSON.stringify({ replicaId, sid, nestId, turns, digests });
      const entries = digests.map((digest) => [keyOf(digest), entry] as const);
      return (await this.#replicas.set(entries, ttlMs)) !== 'gone';
    } catch {
      // Only this replica finds it.
      return false;
    }
  }
}

function keyOf(digest: string): string {
  return `session:${digest}`;
}

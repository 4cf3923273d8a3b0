/**
 * What the replicas of a hive tell each other of the conversations that workers remember: one that another replica had is resumed by
 * the model's own session id. While what they share is gone, or throws, each replica knows its own.
 */
import { z } from 'zod';
import { parseShared, type ReplicaStore } from '../../shared/replica-store.js';
import { IDLE_MS, type KeptSession } from './kept-session.js';

/** A replica that dies holds its claims for so long, in ms. */
const LOCK_MS = 60_000;
const EXTEND_AFTER_MS = 20_000;
/** Where a replica is told that another one goes on with its session. */
const CHANNEL = 'session-taken';

const sharedSession = z.object({
  replicaId: z.string(),
  sid: z.string(),
  digest: z.string(),
  access: z.string(),
  nestId: z.string().optional(),
});
type SharedSession = z.output<typeof sharedSession>;

const taken = z.object({ replicaId: z.string(), id: z.string(), sid: z.string() });

/** What there is under a claim's id: this replica's own session or none, another replica's, or another replica runs a turn of it. */
export type SharedClaim =
  | { readonly is: 'own' }
  | { readonly is: 'busy' }
  | { readonly is: 'elsewhere'; readonly session: KeptSession | undefined };

export class SharedSessions {
  readonly #replicas: ReplicaStore;
  /** Ids of the claims whose lock is ours, and when it was last extended, in ms on the monotonic clock. */
  readonly #locks = new Map<string, number>();

  constructor(replicas: ReplicaStore) {
    this.#replicas = replicas;
  }

  /** Calls `listener` with what another replica goes on with, of the sessions of this one. */
  onTaken(listener: (id: string, sid: string) => void): void {
    this.#replicas.subscribe(CHANNEL, (message) => {
      const told = parseShared(taken, message);
      if (told !== undefined && told.replicaId === this.#replicas.replicaId) listener(told.id, told.sid);
    });
  }

  /** Claims an id over all replicas; `ownSid` is the session that this one has under it. Never rejects. */
  async claim(id: string, ownSid: string | undefined): Promise<SharedClaim> {
    try {
      const locked = await this.#replicas.lock(lockKey(id), LOCK_MS);
      if (locked === 'gone') return { is: 'own' };
      if (!locked.value) return { is: 'busy' };
      this.#locks.set(id, performance.now());
      const reply = await this.#replicas.take(sessionKey(id));
      const shared =
        reply === 'gone' || reply.value === undefined ? undefined : parseShared(sharedSession, reply.value);
      if (shared === undefined || shared.sid === ownSid) return { is: 'own' };
      return { is: 'elsewhere', session: this.#takeOver(id, shared) };
    } catch {
      // The store is there to share more than one replica knows: without it each knows its own.
      return { is: 'own' };
    }
  }

  /** Ends a claim, with what the next request may go on with. Never rejects. */
  async release(id: string, session: (KeptSession & { readonly sid: string }) | undefined): Promise<void> {
    this.#locks.delete(id);
    try {
      if (session !== undefined) {
        const { replicaId } = this.#replicas;
        const { sid, digest, access, nestId } = session;
        await this.#replicas.set(
          [[sessionKey(id), JSON.stringify({ replicaId, sid, digest, access, nestId })]],
          IDLE_MS,
        );
      }
      await this.#replicas.unlock(lockKey(id));
    } catch {
      // The lock ends by itself.
    }
  }

  /** Keeps the locks of turns that take long. @param now in ms on the monotonic clock */
  sweep(now: number): void {
    for (const [id, extendedAt] of this.#locks) {
      if (now - extendedAt < EXTEND_AFTER_MS) continue;
      this.#locks.set(id, now);
      this.#replicas.extend(lockKey(id), LOCK_MS).catch(() => undefined);
    }
  }

  /** Without the model's own id only its own replica can go on with a session. */
  #takeOver(id: string, { replicaId, sid, digest, access, nestId }: SharedSession): KeptSession | undefined {
    if (replicaId !== this.#replicas.replicaId)
      this.#replicas.publish(CHANNEL, JSON.stringify({ replicaId, id, sid })).catch(() => undefined);
    return nestId === undefined ? undefined : { turn: undefined, digest, access, nestId, linkLife: 0 };
  }
}

function lockKey(id: string): string {
  return `session-lock:${id}`;
}

function sessionKey(id: string): string {
  return `session:${id}`;
}

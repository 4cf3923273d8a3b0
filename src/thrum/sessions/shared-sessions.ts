/**
 * The conversations that workers remember, known to all replicas of the hive: one that another replica had is resumed by the
 * model's own session id. While what they share is gone, each replica knows its own.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { parseShared, type ReplicaStore } from '../../shared/replica-store.js';
import {
  type Claim,
  IDLE_MS,
  type KeptSession,
  type KeptSessions,
  type SessionKey,
} from './kept-sessions.js';

/** A replica that dies holds its claims for so long. */
const LOCK_MS = 60_000;
const EXTEND_AFTER_MS = 20_000;
/** Where a replica is told that another one goes on with its session. */
const CHANNEL = 'session-taken';

const sharedSession = z.object({
  replicaId: z.string(),
  sid: z.string(),
  digest: z.string(),
  nestId: z.string().optional(),
});
type SharedSession = z.output<typeof sharedSession>;

const taken = z.object({ replicaId: z.string(), id: z.string(), sid: z.string() });

export class SharedSessions {
  readonly #own: KeptSessions;
  readonly #replicas: ReplicaStore | undefined;
  readonly #forget: (sid: string) => void;
  /** Ids of the claims whose lock is ours, and when it was last extended, in ms on a monotonic clock. */
  readonly #locks = new Map<string, number>();

  /**
   * @param own the sessions of this replica
   * @param replicas absent where the hive has no others
   * @param forget called for each sid of this replica that nobody will go on with
   */
  constructor(own: KeptSessions, replicas: ReplicaStore | undefined, forget: (sid: string) => void) {
    this.#own = own;
    this.#replicas = replicas;
    this.#forget = forget;
    replicas?.subscribe(CHANNEL, (message) => this.#onTaken(message));
  }

  /** Claims the session of a key for one turn, over all replicas. */
  async claim(key: SessionKey): Promise<Claim> {
    const claim = this.#own.claim(key);
    if (claim === 'busy' || this.#replicas === undefined) return claim;
    const { id, kept } = claim;
    const locked = await this.#replicas.lock(lockKey(id), LOCK_MS);
    if (locked === 'gone') return claim;
    if (!locked.value) {
      this.#own.release(id, kept);
      return 'busy';
    }
    this.#locks.set(id, performance.now());
    const reply = await this.#replicas.take(sessionKey(id));
    const shared =
      reply === 'gone' || reply.value === undefined ? undefined : parseShared(sharedSession, reply.value);
    if (shared === undefined || shared.sid === kept?.sid) return claim;
    if (kept !== undefined) this.#forget(kept.sid);
    return { id, kept: this.#takeOver(id, shared, this.#replicas) };
  }

  /**
   * Ends a claim; with a session, that is what the next request may go on with, wherever it comes in once this resolves.
   * Never rejects.
   */
  async release(id: string, session?: KeptSession): Promise<void> {
    this.#own.release(id, session);
    if (this.#replicas === undefined) return;
    this.#locks.delete(id);
    if (session !== undefined) {
      const { replicaId } = this.#replicas;
      const { sid, digest, nestId } = session;
      await this.#replicas.set(
        [[sessionKey(id), JSON.stringify({ replicaId, sid, digest, nestId })]],
        IDLE_MS,
      );
    }
    await this.#replicas.unlock(lockKey(id));
  }

  /** Keeps the locks of turns that take long. @param now in ms on a monotonic clock */
  sweep(now: number): void {
    for (const [id, extendedAt] of this.#locks) {
      if (now - extendedAt < EXTEND_AFTER_MS) continue;
      this.#locks.set(id, now);
      void this.#replicas?.extend(lockKey(id), LOCK_MS);
    }
  }

  /** Without the model's own id nobody but its own replica can go on with a session. */
  #takeOver(
    id: string,
    { replicaId, sid, digest, nestId }: SharedSession,
    replicas: ReplicaStore,
  ): KeptSession | undefined {
    if (replicaId !== replicas.replicaId)
      void replicas.publish(CHANNEL, JSON.stringify({ replicaId, id, sid }));
    if (nestId === undefined) return undefined;
    return { sid: randomUUID(), digest, nestId, linkLife: 0, isElsewhere: true };
  }

  #onTaken(message: string): void {
    const told = parseShared(taken, message);
    if (told === undefined || told.replicaId !== this.#replicas?.replicaId) return;
    if (this.#own.remove(told.id, told.sid)) this.#forget(told.sid);
  }
}

function lockKey(id: string): string {
  return `session-lock:${id}`;
}

function sessionKey(id: string): string {
  return `session:${id}`;
}

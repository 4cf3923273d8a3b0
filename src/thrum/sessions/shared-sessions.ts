/**
 * What the replicas of a hive tell each other of the conversations that workers remember under a name: one that another replica had is
 * resumed by the model's own session id. While what they share is gone, or throws, each replica knows its own.
 */
import { z } from 'zod';
import { parseShared, type ReplicaStore, type Reply } from '../../shared/replica-store.js';
import { keysOf, type SessionKey } from './history-digest.js';

/** Where a replica is told that another one goes on with its session. */
const CHANNEL = 'session-taken';

/** Of what is read: longer ids, and more digests of a session, are none of ours. */
const MAX_ID_CHARACTERS = 512;
const MAX_DIGESTS = 100;

const sharedSession = z.object({
  replicaId: z.string(),
  sid: z.string(),
  nestId: z.string().max(MAX_ID_CHARACTERS).optional(),
  turns: z.number().int().min(0).catch(0),
  /** All by which it can be found. */
  digests: z.array(z.string().max(MAX_ID_CHARACTERS)).max(MAX_DIGESTS).readonly().catch([]),
});

const taken = z.object({ replicaId: z.string(), sid: z.string() });

/** How many entries that could not be removed are remembered; they age in the store besides. */
const MAX_OUTDATED = 2_000;

/** A session of this replica. */
interface OwnSession {
  readonly turn: { readonly sid: string };
  readonly key: SessionKey;
  /** False: no other replica knows of it. */
  readonly isShared: boolean;
}

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
  /** The digests of entries of ours that the store may still have, as it did not answer when they were to go. */
  readonly #outdated = new Set<string>();

  constructor(replicas: ReplicaStore) {
    this.#replicas = replicas;
    replicas.onBack(() => void this.forget([...this.#outdated]));
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
   * @param own this replica's, if it has it
   */
  async take(digest: string, own: OwnSession | undefined): Promise<Taken> {
    const reply = await this.#remove(digest);
    if (reply === 'gone') {
      // The store is there to share more than one replica knows: without it each knows its own.
      if (own?.isShared === true) this.#noteOutdated(keysOf(own.key).map((key) => key.digest));
      return 'own';
    }
    const isOutdated = this.#outdated.delete(digest);
    const shared = reply.value === undefined ? undefined : parseShared(sharedSession, reply.value);
    if (shared === undefined) return own?.isShared === true ? 'gone' : 'own';
    const { replicaId, sid, nestId, turns, digests } = shared;
    void this.forget(digests.filter((other) => other !== digest));
    if (sid === own?.turn.sid) return 'own';
    const isOurs = replicaId === this.#replicas.replicaId;
    // What it was an entry of has been gone on with.
    if (isOurs && isOutdated) return own === undefined ? 'gone' : 'own';
    if (!isOurs) this.#replicas.publish(CHANNEL, JSON.stringify({ replicaId, sid })).catch(() => undefined);
    // Without the model's own id only its own replica can go on with a session.
    return nestId === undefined ? 'gone' : { nestId, turns };
  }

  /** Has no replica find a session any more: once the store is back, where it does not answer now. Never rejects. */
  async forget(digests: readonly string[]): Promise<void> {
    this.#noteOutdated(digests);
    const forget = async (digest: string) => {
      if ((await this.#remove(digest)) !== 'gone') this.#outdated.delete(digest);
    };
    await Promise.all(digests.map(forget));
  }

  /** Lets all replicas find a session; true if they can. Never rejects. @param ttlMs how long, in ms */
  async keep(
    digests: readonly string[],
    session: { readonly sid: string; readonly nestId: string | undefined; readonly turns: number },
    ttlMs: number,
  ): Promise<boolean> {
    const { replicaId } = this.#replicas;
    const { sid, nestId, turns } = session;
    for (const digest of digests) this.#outdated.delete(digest);
    const entry = JSON.stringify({ replicaId, sid, nestId, turns, digests });
    const entries = digests.map((digest) => [keyOf(digest), entry] as const);
    const reply = await this.#replicas.set(entries, ttlMs).catch(() => 'gone' as const);
    if (reply !== 'gone') return true;
    // Only this replica finds it; but the store may have taken the entries, and answered too late.
    this.#noteOutdated(digests);
    return false;
  }

  async #remove(digest: string): Promise<Reply<string | undefined>> {
    return this.#replicas.take(keyOf(digest)).catch(() => 'gone');
  }

  #noteOutdated(digests: readonly string[]): void {
    for (const digest of digests) this.#outdated.add(digest);
    for (const oldest of this.#outdated) {
      if (this.#outdated.size <= MAX_OUTDATED) return;
      this.#outdated.delete(oldest);
    }
  }
}

function keyOf(digest: string): string {
  return `session:${digest}`;
}

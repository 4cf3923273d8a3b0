/** The sids that a client's next request may go on with, because their worker remembers the conversation. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A conversation that a worker remembers. */
export interface KeptSession {
  readonly sid: string;
  /** Digest of the whole conversation, the model's last answer included. */
  readonly digest: string;
  /** The model's own session id, if the worker told it. */
  readonly nestId: string | undefined;
  /** Which life of the link it belongs to: after another one it has to be resumed. */
  readonly linkLife: number;
  /** True for a session of another replica, under a sid that is not its own: it has to be resumed, too. */
  readonly isElsewhere?: boolean;
}

/** What a kept session is found by; hints of different keys never meet. */
export interface SessionKey {
  readonly hid: string;
  readonly keyId: string | undefined;
  readonly modelId: string;
  readonly hint: string;
}

/**
 * `busy`: another turn has the session, so this one is to leave no trace. Otherwise the session, if there is one, and the
 * right to keep one at the end; whoever claims must release.
 */
export type Claim = 'busy' | { readonly id: string; readonly kept: KeptSession | undefined };

const MAX_SESSIONS = 1_000;
/** How long a session that nobody goes on with is kept. */
export const IDLE_MS = 30 * 60_000;

export class KeptSessions {
  readonly #sessions: LRUCache<string, KeptSession>;
  /** Keys whose session runs a turn at this moment. */
  readonly #busy = new Set<string>();
  readonly #forget: (sid: string) => void;

  /** @param forget called for each sid that nobody will go on with */
  constructor(forget: (sid: string) => void) {
    this.#forget = forget;
    this.#sessions = new LRUCache<string, KeptSession>({
      max: MAX_SESSIONS,
      ttl: IDLE_MS,
      dispose: ({ sid }, _, reason) => {
        if (reason !== 'delete') forget(sid);
      },
    });
  }

  /** Claims the session of a key for one turn. */
  claim(key: SessionKey): Claim {
    const id = idOf(key);
    if (this.#busy.has(id)) return 'busy';
    this.#busy.add(id);
    const kept = this.#sessions.get(id);
    if (kept) this.#sessions.delete(id);
    return { id, kept };
  }

  /** Ends a claim; with a session, that is what the next request may go on with. */
  release(id: string, session?: KeptSession): void {
    this.#busy.delete(id);
    if (session) this.#sessions.set(id, session);
  }

  /** Takes away the session of a claim's id if it is this one; false if it is not. */
  remove(id: string, sid: string): boolean {
    return this.#sessions.peek(id)?.sid === sid && this.#sessions.delete(id);
  }

  /** Lets go of the session that has been idle longest of those that `isMeant` says; false if there is none. */
  letGoOldest(isMeant: (sid: string) => boolean): boolean {
    for (const id of this.#sessions.rkeys()) {
      const sid = this.#sessions.peek(id)?.sid;
      if (sid === undefined || !isMeant(sid)) continue;
      this.#sessions.delete(id);
      this.#forget(sid);
      return true;
    }
    return false;
  }

  /** Lets go of what has been idle for too long. */
  purge(): void {
    this.#sessions.purgeStale();
  }
}

function idOf({ hid, keyId, modelId, hint }: SessionKey): string {
  return createHash('sha256')
    .update(JSON.stringify([hid, keyId ?? null, modelId, hint]))
    .digest('base64');
}

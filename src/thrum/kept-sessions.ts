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
}

/** What a kept session is found by; hints of different keys never meet. */
export interface SessionKey {
  readonly hid: string;
  readonly keyId: string | undefined;
  readonly modelId: string;
  readonly hint: string;
}

const MAX_SESSIONS = 1_000;
const IDLE_MS = 30 * 60_000;

export class KeptSessions {
  readonly #sessions: LRUCache<string, KeptSession>;
  /** Keys whose session runs a turn at this moment. */
  readonly #busy = new Set<string>();

  /** @param forget called for each sid that nobody will go on with */
  constructor(forget: (sid: string) => void) {
    this.#sessions = new LRUCache<string, KeptSession>({
      max: MAX_SESSIONS,
      ttl: IDLE_MS,
      dispose: ({ sid }, _, reason) => {
        if (reason !== 'delete') forget(sid);
      },
    });
  }

  /**
   * Claims the session of a key for one turn. `busy`: another turn has it, so this one is to leave no trace. Otherwise the
   * session, if there is one, and the right to `keep` one at the end; whoever claims must `release`.
   */
  claim(key: SessionKey): 'busy' | { readonly id: string; readonly kept: KeptSession | undefined } {
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

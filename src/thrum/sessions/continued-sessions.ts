/** The conversations that a worker remembers, each under the name that its client gives it: a later request goes on with its sid. */
import { createHash, randomUUID } from 'node:crypto';
import type { SessionInfo } from '../../core/port.js';
import type { Turn } from '../turn/turn.js';
import { IDLE_MS, type KeptSession, type SessionClaim } from './kept-session.js';
import type { SharedSessions } from './shared-sessions.js';

/** What a kept session is found by; names of different keys never meet. */
export interface SessionName {
  readonly hid: string;
  readonly keyId: string | undefined;
  readonly modelId: string;
  readonly hint: string;
}

const MAX_SESSIONS = 1_000;

/** What is told of a session; it stays the same object from turn to turn. */
interface SessionFacts {
  readonly id: string;
  readonly name: SessionName;
  /** On the monotonic clock, in ms. */
  readonly startedAt: number;
  turns: number;
  /** True: it is not to be kept once its turn has ended. */
  isDeleted: boolean;
}

interface Idle {
  readonly session: KeptSession & { readonly turn: Turn };
  /** On the monotonic clock, in ms. */
  readonly since: number;
}

/** Bounded in number and age: what is kept too long, or is one too many, is given up, the longest idle first. */
export class ContinuedSessions {
  readonly #shared: SharedSessions | undefined;
  /** By the claim's id, the longest idle first. */
  readonly #idle = new Map<string, Idle>();
  /** The claims of turns that run at this moment, by their ids. */
  readonly #busy = new Map<string, SessionClaim>();
  /** Of both, by the same ids. */
  readonly #facts = new Map<string, SessionFacts>();

  /** @param shared what replicas share; absent where there are none */
  constructor(shared: SharedSessions | undefined) {
    this.#shared = shared;
    shared?.onTaken((id, sid) => {
      const idle = this.#idle.get(id);
      if (idle?.session.turn.sid === sid) idle.session.turn.giveUp();
    });
  }

  /**
   * Claims a name for one turn, over all replicas. `busy`: another turn has it, so that this one is to leave no trace. Never rejects:
   * while what replicas share is gone, each replica knows its own.
   */
  async claim(name: SessionName): Promise<SessionClaim | 'busy'> {
    const id = idOf(name);
    if (this.#busy.has(id)) return 'busy';
    const own = this.#idle.get(id)?.session;
    const claim: SessionClaim = { id, kept: own };
    this.#busy.set(id, claim);
    this.#idle.delete(id);
    this.#factsOf(id, name).turns++;
    if (this.#shared === undefined) return claim;
    const shared = await this.#shared.claim(id, own?.turn.sid);
    switch (shared.is) {
      case 'own':
        return claim;
      case 'busy':
        this.#release(claim, own);
        return 'busy';
      case 'elsewhere': {
        own?.turn.giveUp();
        const taken: SessionClaim = { id, kept: shared.session };
        this.#busy.set(id, taken);
        return taken;
      }
      default:
        return shared satisfies never;
    }
  }

  /**
   * Gives a claim back; with a session, that is what the next request may go on with, wherever it comes in once this resolves. Does
   * nothing for a claim that was given back already. Never rejects.
   */
  async release(claim: SessionClaim, session?: KeptSession & { readonly turn: Turn }): Promise<void> {
    if (this.#busy.get(claim.id) !== claim) return;
    this.#release(claim, session);
    await this.#shared?.release(claim.id, session && { ...session, sid: session.turn.sid });
  }

  /** Forgets a turn that is no longer kept. */
  drop(turn: Turn): void {
    for (const [id, { session }] of this.#idle) {
      if (session.turn !== turn) continue;
      this.#idle.delete(id);
      this.#facts.delete(id);
      return;
    }
  }

  /** The one used last first. */
  list(): readonly SessionInfo[] {
    const now = performance.now();
    const kept = [...this.#idle].map(([id, { since }]) => this.#toInfo(id, now, 'kept', now - since));
    const running = [...this.#busy.keys()].map((id) => this.#toInfo(id, now, 'running', 0));
    return [...kept, ...running].reverse().flatMap((info) => info ?? []);
  }

  /** False: this key has no such session. */
  delete(sessionId: string, keyId: string | undefined): boolean {
    for (const [id, facts] of this.#facts) {
      if (facts.id !== sessionId || facts.name.keyId !== keyId) continue;
      facts.isDeleted = true;
      this.#idle.get(id)?.session.turn.giveUp();
      return true;
    }
    return false;
  }

  /** Gives up the session that has been idle longest of those that `isMeant` says; false if there is none. */
  giveUpOldest(isMeant: (sid: string) => boolean): boolean {
    for (const { session } of this.#idle.values()) {
      if (!isMeant(session.turn.sid)) continue;
      session.turn.giveUp();
      return true;
    }
    return false;
  }

  /** Gives up what has been idle for too long. @param now in ms on the monotonic clock */
  sweep(now: number): void {
    for (const { session, since } of this.#idle.values()) {
      if (now - since < IDLE_MS) break;
      session.turn.giveUp();
    }
    this.#shared?.sweep(now);
  }

  #release({ id }: SessionClaim, session: Idle['session'] | undefined): void {
    this.#busy.delete(id);
    const isDeleted = this.#facts.get(id)?.isDeleted === true;
    if (session === undefined || session.turn.state.at !== 'kept' || isDeleted) {
      this.#facts.delete(id);
      if (isDeleted) session?.turn.giveUp();
      return;
    }
    this.#idle.set(id, { session, since: performance.now() });
    if (this.#idle.size <= MAX_SESSIONS) return;
    for (const oldest of this.#idle.values()) {
      oldest.session.turn.giveUp();
      return;
    }
  }

  #factsOf(id: string, name: SessionName): SessionFacts {
    const known = this.#facts.get(id);
    if (known !== undefined) return known;
    const facts = { id: randomUUID(), name, startedAt: performance.now(), turns: 0, isDeleted: false };
    this.#facts.set(id, facts);
    return facts;
  }

  #toInfo(id: string, now: number, state: SessionInfo['state'], idleMs: number): SessionInfo | undefined {
    const facts = this.#facts.get(id);
    if (facts === undefined) return undefined;
    const { keyId, modelId, hint } = facts.name;
    const ageMs = Math.round(now - facts.startedAt);
    return {
      id: facts.id,
      keyId,
      model: modelId,
      name: hint,
      ageMs,
      idleMs: Math.round(idleMs),
      turns: facts.turns,
      state,
    };
  }
}

function idOf({ hid, keyId, modelId, hint }: SessionName): string {
  return createHash('sha256')
    .update(JSON.stringify([hid, keyId ?? null, modelId, hint]))
    .digest('base64');
}

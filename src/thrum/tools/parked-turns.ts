/** The turns whose worker waits for tool results: found again by call ids or by the conversation before the calls. */
import { callsDigest } from '../sessions/history-digest.js';
import type { Session } from '../turn/session.js';
import type { Continuation } from './tool-results.js';

export interface ParkedTurn {
  readonly session: Session;
  readonly keyId: string | undefined;
  readonly modelId: string;
  /** Digest of all messages before the calls. */
  readonly prefix: string;
  /** Digest of the same and the calls. */
  readonly withCalls: string;
  /** Characters of the calls' inputs. */
  readonly size: number;
  /** On a monotonic clock, in ms. */
  readonly parkedAt: number;
}

/** What a parked turn is recognised by. */
export interface ParkedMark {
  readonly keyId?: string | undefined;
  readonly modelId: string;
  /** The ids of all calls that there are results for; undefined if a client has lost one. */
  readonly callIds?: readonly string[] | undefined;
  /** Digest of the conversation before the calls, and of the calls. */
  readonly withCalls: string;
}

export interface ParkedLimits {
  readonly maxParkedTurns: number;
  readonly maxParkedBytes: number;
}

/** A worker waits 300 s for a result; ours ends sooner, so that nobody answers a worker that has given up. */
const PARK_MS = 290_000;

/** Bounded by count and size: the oldest goes first. Whatever leaves unanswered is cancelled. */
export class ParkedTurns {
  readonly #limits: ParkedLimits;
  readonly #turns = new Map<string, ParkedTurn>();
  #size = 0;

  constructor(limits: ParkedLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#turns.size;
  }

  add(turn: ParkedTurn): void {
    this.#turns.set(turn.session.sid, turn);
    this.#size += turn.size;
    for (const oldest of this.#turns.values()) {
      if (this.#turns.size <= this.#limits.maxParkedTurns && this.#size <= this.#limits.maxParkedBytes) break;
      this.#cancel(oldest);
    }
  }

  /** Forgets a turn whose session is no longer parked. */
  remove(sid: string): void {
    const turn = this.#turns.get(sid);
    if (!turn) return;
    this.#turns.delete(sid);
    this.#size -= turn.size;
  }

  /**
   * Takes the turn that a mark fits: the one with these call ids, else the one with this conversation and these calls, of
   * the same key and model. Not exactly one: none, never a guess.
   */
  take(mark: ParkedMark): ParkedTurn | undefined {
    const own = [...this.#turns.values()].filter(
      ({ keyId, modelId }) => keyId === mark.keyId && modelId === mark.modelId,
    );
    const found = byCallIds(own, mark) ?? onlyOne(own.filter((turn) => turn.withCalls === mark.withCalls));
    if (found) this.remove(found.session.sid);
    return found;
  }

  /** Cancels the turn that a mark fits: it goes on elsewhere. */
  abandon(mark: ParkedMark): void {
    this.take(mark)?.session.leave();
  }

  /** Cancels the turns whose conversation goes on without results: their prefix is among `digests`. */
  leaveBehind(digests: readonly string[]): void {
    if (this.#turns.size === 0) return;
    const prefixes = new Set(digests);
    for (const turn of this.#turns.values()) if (prefixes.has(turn.prefix)) this.#cancel(turn);
  }

  /** Cancels the oldest turn of those that `isMeant` says. */
  cancelOldest(isMeant: (sid: string) => boolean): void {
    for (const turn of this.#turns.values()) {
      if (!isMeant(turn.session.sid)) continue;
      this.#cancel(turn);
      return;
    }
  }

  /** Cancels what has waited too long. */
  sweep(now: number): void {
    for (const turn of this.#turns.values()) if (now - turn.parkedAt >= PARK_MS) this.#cancel(turn);
  }

  #cancel(turn: ParkedTurn): void {
    this.remove(turn.session.sid);
    turn.session.leave();
  }
}

/** The mark of the turn that a continuation belongs to. `digests` are those of the request's prefixes. */
export function markOf(
  { prefixLength, calls, results }: Continuation,
  { keyId, modelId }: { readonly keyId: string | undefined; readonly modelId: string },
  digests: readonly string[],
): ParkedMark {
  const ids = results.flatMap((result) => result.toolCallId ?? []);
  return {
    keyId,
    modelId,
    callIds: ids.length === results.length ? ids : undefined,
    withCalls: callsDigest(digests[prefixLength] ?? '', calls),
  };
}

function byCallIds(turns: readonly ParkedTurn[], { callIds }: ParkedMark): ParkedTurn | undefined {
  if (callIds === undefined) return undefined;
  const ids = new Set(callIds);
  return onlyOne(turns.filter(({ session }) => session.calls.every((call) => ids.has(call.id))));
}

function onlyOne<T>(found: readonly T[]): T | undefined {
  return found.length === 1 ? found[0] : undefined;
}

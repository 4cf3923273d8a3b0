/** The turns whose worker waits for tool results: found again by call ids or by the conversation before the calls. */
import { callsDigest } from './history-digest.js';
import type { Session } from './session.js';
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
   * Takes the turn that a continuation belongs to: the one with these call ids, else the one with this conversation and
   * these calls, of the same key and model. Not exactly one: none, never a guess. `digests` are those of the request's
   * prefixes.
   */
  take(
    continuation: Continuation,
    origin: { readonly keyId: string | undefined; readonly modelId: string },
    digests: readonly string[],
  ): ParkedTurn | undefined {
    const own = [...this.#turns.values()].filter(
      ({ keyId, modelId }) => keyId === origin.keyId && modelId === origin.modelId,
    );
    const found = byCallIds(own, continuation) ?? byConversation(own, continuation, digests);
    if (found) this.remove(found.session.sid);
    return found;
  }

  /** Cancels the turns whose conversation goes on without results: their prefix is among `digests`. */
  leaveBehind(digests: readonly string[]): void {
    if (this.#turns.size === 0) return;
    const prefixes = new Set(digests);
    for (const turn of this.#turns.values()) if (prefixes.has(turn.prefix)) this.#cancel(turn);
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

function byCallIds(turns: readonly ParkedTurn[], { results }: Continuation): ParkedTurn | undefined {
  const ids = new Set(results.map((result) => result.toolCallId));
  if (ids.has(undefined)) return undefined;
  return onlyOne(turns.filter(({ session }) => session.calls.every((call) => ids.has(call.id))));
}

function byConversation(
  turns: readonly ParkedTurn[],
  { prefixLength, calls }: Continuation,
  digests: readonly string[],
): ParkedTurn | undefined {
  const withCalls = callsDigest(digests[prefixLength] ?? '', calls);
  return onlyOne(turns.filter((turn) => turn.withCalls === withCalls));
}

function onlyOne<T>(found: readonly T[]): T | undefined {
  return found.length === 1 ? found[0] : undefined;
}

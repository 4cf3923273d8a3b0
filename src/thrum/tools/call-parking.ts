/** Says what becomes of a turn that is closed on its calls: it is parked for their results, or its worker is told to stop. */
import type { TurnRequest } from '../../core/request.js';
import { callsDigest, type Origin } from '../sessions/history-digest.js';
import type { KnownDigests } from '../sessions/known-digests.js';
import type { ParkedTurns } from './parked-turns.js';
import type { ResultWays } from './result-ways.js';
import type { Session } from '../turn/session.js';

export class CallParking {
  readonly #parked: ParkedTurns;
  readonly #ways: ResultWays;
  readonly #digests: KnownDigests;
  readonly #declaredTools: ReadonlySet<string>;

  /** @param declaredTools names of the tools in our hello */
  constructor(
    parked: ParkedTurns,
    ways: ResultWays,
    digests: KnownDigests,
    declaredTools: ReadonlySet<string>,
  ) {
    this.#parked = parked;
    this.#ways = ways;
    this.#digests = digests;
    this.#declaredTools = declaredTools;
  }

  /**
   * Parks a session, unless results are known not to reach its worker. `request` is the one that its client was answering
   * to, and `origin` that of the request. Returns the phase that the session is to enter.
   */
  onCalls(session: Session, request: TurnRequest, origin: Origin): 'parked' | 'settling' {
    if (this.#ways.waitMs(this.areDeclared(session)) === undefined) return 'settling';
    const prefix = this.#digests.of(origin, request.messages).at(-1) ?? '';
    this.#parked.add({
      session,
      keyId: origin.keyId,
      modelId: origin.modelId,
      prefix,
      withCalls: callsDigest(prefix, session.calls),
      size: session.calls.reduce((sum, call) => sum + call.input.length, 0),
      parkedAt: performance.now(),
    });
    return 'parked';
  }

  /** True if our hello named the tools of all of a session's calls: humd routes results by that. */
  areDeclared(session: Session): boolean {
    return session.calls.every((call) => this.#declaredTools.has(call.name));
  }
}

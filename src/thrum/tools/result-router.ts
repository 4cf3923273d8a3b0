/** Hands the tool results that a request brings to the worker that is parked for them. */
import type { TurnRequest } from '../../core/request.js';
import type { TurnSignal } from '../../core/abort.js';
import type { CallParking } from './call-parking.js';
import { encodeOffLoop, isLarge } from '../link/encode-off-loop.js';
import type { Origin } from '../sessions/history-digest.js';
import { type OpenedTurn, toOpenedTurn } from '../turn/opened-turn.js';
import type { ResultWays } from './result-ways.js';
import type { SentTone } from '../link/sent-tone.js';
import type { Session } from '../turn/session.js';
import type { Sessions } from '../turn/sessions.js';
import type { TurnFacts } from '../turn/tone-reader.js';
import { type Continuation, matchResults, type RoutedResult } from './tool-results.js';
import { toTurnFacts } from '../turn/turn-facts.js';

export interface ResultRouterOptions {
  /** Read at each use. */
  readonly limits: Pick<TurnFacts, 'showWorkerTools'>;
  readonly createRid: () => string;
  send(tone: SentTone): void;
  /** From now on the tones of `sid` are about this request. */
  onSid(sid: string, request: TurnRequest): void;
}

export class ResultRouter {
  readonly #options: ResultRouterOptions;
  readonly #sessions: Sessions;
  readonly #parking: CallParking;
  readonly #ways: ResultWays;

  constructor(options: ResultRouterOptions, sessions: Sessions, parking: CallParking, ways: ResultWays) {
    this.#options = options;
    this.#sessions = sessions;
    this.#parking = parking;
    this.#ways = ways;
  }

  /**
   * Resumes a parked session with the results of `continuation`, which `request` was found to be. Undefined if they do not
   * reach its worker, which then has been told to stop: they have to be replayed. Rejects as `encodeOffLoop` does.
   */
  async route(
    session: Session,
    request: TurnRequest,
    continuation: Continuation,
    origin: Origin,
    signal: TurnSignal,
  ): Promise<OpenedTurn | undefined> {
    const results = matchResults(session.calls, continuation);
    const isDeclared = this.#parking.areDeclared(session);
    const waitMs = this.#ways.waitMs(isDeclared);
    if (results === undefined || waitMs === undefined) {
      session.leave();
      return undefined;
    }
    const tones = await this.#toResultTones(session.sid, results, signal).catch((error: unknown) => {
      session.leave();
      throw error;
    });
    const promptCharacters = results.reduce((sum, { output }) => sum + output.length, 0);
    const facts = toTurnFacts(request, promptCharacters, this.#options.limits);
    const onCalls = (closed: Session) => this.#parking.onCalls(closed, request, origin);
    const events = this.#sessions.resume(session, facts, onCalls);
    const heard = session.hearsWithin(waitMs);
    this.#options.onSid(session.sid, request);
    for (const tone of tones) this.#options.send(tone);
    const isRouted = await heard;
    this.#ways.learn(isDeclared, isRouted ? 'route' : 'replay');
    if (isRouted) {
      request.onSent?.(session.sid, 'route');
      return toOpenedTurn(session, events, promptCharacters);
    }
    session.leave();
    return undefined;
  }

  async #toResultTones(
    sid: string,
    results: readonly RoutedResult[],
    signal: TurnSignal,
  ): Promise<readonly SentTone[]> {
    const tones: SentTone[] = [];
    for (const { call, output, isError } of results) {
      const tone = {
        chi: 'tool-result',
        rid: this.#options.createRid(),
        sid,
        callId: call.id,
        toolName: call.name,
        // Workers read `output` first, older ones know only `result` (src/thrum/README.md, "Tones sent").
        result: output,
        output,
        isError,
      };
      tones.push(isLarge(output) ? await encodeOffLoop(tone, signal) : tone);
    }
    return tones;
  }
}

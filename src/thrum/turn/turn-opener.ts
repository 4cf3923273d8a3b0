/**
 * Decides how a request goes out: its results to the worker that is parked for them, its new messages to a session that
 * remembers the others, or, which always works, the whole conversation as a transcript under a fresh sid.
 */
import { fitHistory } from '../../core/fit-history.js';
import type { Model } from '../../core/model.js';
import type { TurnRequest } from '../../core/request.js';
import type { TurnSignal } from '../../core/abort.js';
import { CallParking } from '../tools/call-parking.js';
import { isLarge } from '../link/encode-off-loop.js';
import { HintedTurns, type HintedTurnsOptions } from '../sessions/hinted-turns.js';
import { originOf } from '../sessions/history-digest.js';
import { KnownDigests } from '../sessions/known-digests.js';
import { LinkLives } from '../link/link-history.js';
import type { OpenedTurn } from './opened-turn.js';
import { markOf, type ParkedLimits, ParkedTurns } from '../tools/parked-turns.js';
import { type PromptRoute, PromptSender, type PromptSenderOptions } from './prompt-sender.js';
import { Replays } from '../tools/replays.js';
import { ResultRouter, type ResultRouterOptions } from '../tools/result-router.js';
import { ResultWays, type ToolResultsSetting } from '../tools/result-ways.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';
import { nextSid } from './sid-source.js';
import { findContinuation } from '../tools/tool-results.js';
import { WorkerCells, type WorkerLimits } from '../sessions/worker-capacity.js';

export interface TurnLimits extends ParkedLimits, WorkerLimits {
  readonly toolResults: ToolResultsSetting;
  /** Tell a client, as reasoning, what tools run on the worker's side. */
  readonly showWorkerTools: boolean;
}

export interface TurnOpenerOptions extends PromptSenderOptions, HintedTurnsOptions, ResultRouterOptions {
  /** Read at each use. */
  readonly limits: TurnLimits;
  /** Names of the tools in our hello: humd routes results by them. */
  readonly declaredTools: ReadonlySet<string>;
  /** The kinds of the workers of this model. */
  workerKindsOf(modelId: string): readonly string[];
  /** True if every worker of this model remembers its sessions. */
  isStateful(modelId: string): boolean;
}

/** The model that a request is for: what humd calls it, and its card where it is known. */
export interface Target {
  readonly modelId: string;
  readonly card: Model['card'] | undefined;
}

export class TurnOpener {
  readonly #options: TurnOpenerOptions;
  readonly #parked: ParkedTurns;
  readonly #replays: Replays;
  readonly #ways: ResultWays;
  readonly #cells: WorkerCells;
  readonly #router: ResultRouter;
  readonly #sender: PromptSender;
  readonly #hinted: HintedTurns;
  readonly #lives = new LinkLives();
  readonly #digests = new KnownDigests();

  constructor(options: TurnOpenerOptions, sessions: Sessions) {
    this.#options = options;
    this.#parked = new ParkedTurns(options.limits);
    this.#replays = new Replays(options.replicas, (mark) => this.#parked.abandon(mark));
    this.#ways = new ResultWays(options.limits);
    this.#cells = new WorkerCells({
      limits: options.limits,
      kindsOf: (modelId) => options.workerKindsOf(modelId),
      letGoKept: (isMeant) => this.#hinted.letGoOldest(isMeant),
      endParked: (isMeant) => this.#parked.cancelOldest(isMeant),
    });
    const parking = new CallParking(this.#parked, this.#ways, this.#digests, options.declaredTools);
    this.#router = new ResultRouter(options, sessions, parking, this.#ways);
    this.#sender = new PromptSender(options, sessions, this.#cells, parking, this.#lives);
    this.#hinted = new HintedTurns(options, this.#sender, this.#cells, this.#lives, this.#digests);
  }

  get parkedTurns(): number {
    return this.#parked.count;
  }

  /** How many turns wait for a worker that has room for them. */
  get waitingTurns(): number {
    return this.#cells.waiting;
  }

  /** The link is gone: what was learned of it and what was parked on it is void. */
  onLost(): void {
    this.#lives.lost();
    this.#ways.forget();
  }

  /** The link is up to another humd than before. */
  onMove(): void {
    this.#lives.moved();
  }

  onPhase({ sid, phase }: Session): void {
    if (phase !== 'parked') this.#parked.remove(sid);
    switch (phase) {
      case 'running':
        break;
      case 'parked':
        this.#cells.becameIdle();
        break;
      case 'settling':
        this.#cells.leaving(sid);
        break;
      case 'over':
        this.#cells.over(sid);
        break;
      default:
        phase satisfies never;
    }
  }

  onSweep(now: number): void {
    this.#parked.sweep(now);
    this.#hinted.sweep(now);
  }

  /** Rejects with `context-too-long`, `busy` if no worker has room in time, `link-down`, or the signal's reason. */
  async open(request: TurnRequest, target: Target, signal: TurnSignal): Promise<OpenedTurn> {
    const { modelId, card } = target;
    const whole = card ? fitHistory(request, card.contextLength) : request.messages;
    const origin = originOf(request, modelId);
    const continuation = findContinuation(request);
    const needsMark = continuation !== undefined && (this.#parked.count > 0 || this.#replays.isShared);
    const needsDigests = needsMark || this.#parked.count > 0 || request.sessionHint !== undefined;
    // With tools they may be needed at the end of the turn, when nothing can wait for them.
    if ((needsDigests || request.tools.length > 0) && isLarge([request.system, request.messages]))
      await this.#digests.learn(origin, request.messages, signal);
    const digests = needsDigests ? this.#digests.of(origin, request.messages) : [];
    const mark = needsMark ? markOf(continuation, origin, digests) : undefined;
    const turn = mark && this.#parked.take(mark);
    if (mark && !turn) this.#replays.announce(mark);
    this.#parked.leaveBehind(digests);
    if (turn && continuation) {
      const routed = await this.#router.route(turn.session, request, continuation, origin, signal);
      signal.throwIfAborted();
      if (routed) return routed;
    }
    const way = continuation === undefined ? 'prompt' : 'replay';
    const hint = request.sessionHint;
    if (hint !== undefined && this.#options.isStateful(modelId)) {
      const hinted = await this.#hinted.open(request, origin, { hint, digests, whole, way, signal });
      if (hinted) return hinted;
    }
    const sid = nextSid(request.caller);
    const route: PromptRoute = { messages: whole, sid, resume: undefined, way, isKept: false };
    return this.#sender.send(request, origin, route, signal);
  }
}

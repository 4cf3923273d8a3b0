/** Keeps the turns that run, and counts those that have ended. */
import { TransientMap } from '../core/transient-map.js';
import type { TurnOutcome } from './records.js';
import type { LiveTurnStatus, TurnsStatus } from './status.js';
import { TokenRate } from './token-rate.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from './turn-observer.js';

/** What is shown of a model's name, which is the client's word. */
const MAX_MODEL_CHARACTERS = 256;
/** How many are shown. */
const MAX_SHOWN = 200;

export class LiveTurns implements TurnObserver {
  readonly #live = new TransientMap<number, ObservedTurn>();
  readonly #rate = new TokenRate();
  readonly #byOutcome = new Map<TurnOutcome, number>();
  #total = 0;

  begin(turn: ObservedTurn): void {
    this.#live.set(turn.number, turn);
  }

  batch(_: ObservedTurn, deltas: number): void {
    this.#rate.add(deltas);
  }

  end(turn: ObservedTurn, { record: { outcome } }: EndedTurn): void {
    this.#live.delete(turn.number);
    this.#total++;
    this.#byOutcome.set(outcome, (this.#byOutcome.get(outcome) ?? 0) + 1);
  }

  /** How many run. */
  get size(): number {
    return this.#live.size;
  }

  get tokensPerSecond(): number {
    return round(this.#rate.perSecond);
  }

  get turns(): TurnsStatus {
    return { total: this.#total, byOutcome: Object.fromEntries(this.#byOutcome) };
  }

  /** The oldest first; not all, if there are very many. */
  toStatus(): readonly LiveTurnStatus[] {
    const now = performance.now();
    const shown: LiveTurnStatus[] = [];
    for (const turn of this.#live.values()) {
      if (shown.length === MAX_SHOWN) break;
      shown.push(toLiveStatus(turn, now));
    }
    return shown;
  }
}

function toLiveStatus(turn: ObservedTurn, now: number): LiveTurnStatus {
  const { request, at, sid, firstAt, startedAt, deltas } = turn;
  const seconds = firstAt === undefined ? 0 : (now - firstAt) / 1_000;
  return {
    requestId: request.caller?.requestId ?? null,
    ...(sid === undefined ? {} : { sid }),
    surface: request.caller?.surface ?? 'unknown',
    model: request.model.slice(0, MAX_MODEL_CHARACTERS).toWellFormed(),
    startedAt: at,
    firstMs: firstAt === undefined ? null : Math.round(firstAt - startedAt),
    tokens: deltas,
    tokensPerSecond: seconds > 0 ? round(deltas / Math.max(1, seconds)) : 0,
    state: firstAt !== undefined ? 'answering' : sid !== undefined ? 'sent' : 'queued',
  };
}

function round(rate: number): number {
  return Math.round(rate * 10) / 10;
}

/** Keeps the turns that run, how fast they are answered, and counts those that have ended. */
import { TransientMap } from '../core/transient-map.js';
import type { TurnOutcome } from './records.js';
import type { LiveTurnStatus, TurnsStatus } from './status.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from './turn-observer.js';

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
  const { request, model, at, sid, firstAt, startedAt, deltas } = turn;
  const seconds = firstAt === undefined ? 0 : (now - firstAt) / 1_000;
  return {
    requestId: request.caller?.requestId ?? null,
    ...(sid === undefined ? {} : { sid }),
    surface: request.caller?.surface ?? 'unknown',
    model,
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

const WINDOW_SECONDS = 5;

/** How many tokens a second all turns together are sent now: a sum over the last seconds, one number for each. */
export class TokenRate {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #counts = new Array<number>(WINDOW_SECONDS + 1).fill(0);
  /** The second that the newest count is of. */
  #second: number;

  /** @param now in ms, on a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
    this.#second = this.#currentSecond();
  }

  add(tokens: number): void {
    this.#turnOver();
    const slot = this.#second % this.#counts.length;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + tokens;
  }

  /** The mean over the last whole seconds and what has passed of this one. */
  get perSecond(): number {
    this.#turnOver();
    const elapsed = (this.#now() - this.#startedAt) / 1_000;
    const sum = this.#counts.reduce((total, count) => total + count, 0);
    const seconds = Math.min(elapsed, WINDOW_SECONDS + (elapsed % 1));
    return sum / Math.max(1, seconds);
  }

  #currentSecond(): number {
    return Math.floor((this.#now() - this.#startedAt) / 1_000);
  }

  /** Empties the seconds that have passed since the last look. */
  #turnOver(): void {
    const second = this.#currentSecond();
    const steps = Math.min(second - this.#second, this.#counts.length);
    for (let step = 1; step <= steps; step++) this.#counts[(this.#second + step) % this.#counts.length] = 0;
    this.#second = second;
  }
}

/** Keeps the turns that run, how fast they are answered, and counts those that have ended. */
import { TransientMap } from '../core/transient-map.js';
import type { TurnOutcome } from './records.js';
import type { HistoryStatus, LiveTurnStatus, TurnsStatus } from './status.js';
import type { EndedTurn, ObservedTurn, TurnObserver } from './turn-observer.js';

/** How many are shown. */
const MAX_SHOWN = 200;

export class LiveTurns implements TurnObserver {
  readonly #live = new TransientMap<number, ObservedTurn>();
  readonly #rate = new TokenRate();
  readonly #steps = new Steps();
  readonly #byOutcome = new Map<TurnOutcome, number>();
  #total = 0;

  begin(turn: ObservedTurn): void {
    this.#live.set(turn.number, turn);
  }

  batch(_: ObservedTurn, deltas: number): void {
    this.#rate.add(deltas);
  }

  end(turn: ObservedTurn, { record: { outcome, firstMs }, fault }: EndedTurn): void {
    this.#live.delete(turn.number);
    this.#total++;
    this.#steps.add(firstMs, fault !== undefined);
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

  /** Of the last quarter of an hour. */
  get history(): HistoryStatus {
    const steps = this.#steps.toList();
    return {
      stepSeconds: STEP_SECONDS,
      tokens: this.#rate.perStep(steps.length),
      ended: steps.map(({ ended }) => ended),
      failed: steps.map(({ failed }) => failed),
      firsts: steps.map(({ firsts }) => firsts),
      firstMsSum: steps.map(({ firstMsSum }) => firstMsSum),
      firstMsMax: steps.map(({ firstMsMax }) => firstMsMax),
    };
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

/** What the history is divided into. */
const STEP_SECONDS = 5;
const MAX_STEPS = 180;

/** Turns that ended within one step. */
interface Step {
  ended: number;
  failed: number;
  /** Those of which something came. */
  firsts: number;
  firstMsSum: number;
  firstMsMax: number;
}

/** One for each step since the start, up to `MAX_STEPS`. */
class Steps {
  readonly #startedAt = performance.now();
  readonly #steps: Step[] = [toStep()];
  /** The number of the newest one. */
  #newest = 0;

  add(firstMs: number | null, hasFailed: boolean): void {
    this.#turnOver();
    const step = this.#steps.at(-1);
    if (step === undefined) return;
    step.ended++;
    if (hasFailed) step.failed++;
    if (firstMs === null) return;
    step.firsts++;
    step.firstMsSum += firstMs;
    step.firstMsMax = Math.max(step.firstMsMax, firstMs);
  }

  toList(): readonly Step[] {
    this.#turnOver();
    return this.#steps;
  }

  #turnOver(): void {
    const number = Math.floor((performance.now() - this.#startedAt) / (STEP_SECONDS * 1_000));
    const fresh = Math.min(number - this.#newest, MAX_STEPS);
    for (let index = 0; index < fresh; index++) this.#steps.push(toStep());
    this.#steps.splice(0, this.#steps.length - MAX_STEPS);
    this.#newest = number;
  }
}

function toStep(): Step {
  return { ended: 0, failed: 0, firsts: 0, firstMsSum: 0, firstMsMax: 0 };
}

const WINDOW_SECONDS = 5;

/** How many tokens a second all turns together are sent: one number for each second of the history. */
export class TokenRate {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #counts = new Array<number>(STEP_SECONDS * MAX_STEPS).fill(0);
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
    const sum = this.#sum(this.#second - WINDOW_SECONDS, this.#second);
    const seconds = Math.min(elapsed, WINDOW_SECONDS + (elapsed % 1));
    return sum / Math.max(1, seconds);
  }

  /** How many came in each of the last so many steps, the oldest first; the last one still runs. */
  perStep(steps: number): readonly number[] {
    this.#turnOver();
    const newest = Math.floor(this.#second / STEP_SECONDS);
    return Array.from({ length: steps }, (_, index) => {
      const first = (newest - steps + 1 + index) * STEP_SECONDS;
      return this.#sum(first, Math.min(first + STEP_SECONDS - 1, this.#second));
    });
  }

  /** Of the seconds from `first` to `last`, as far as there are any. */
  #sum(first: number, last: number): number {
    let sum = 0;
    const oldest = Math.max(0, this.#second - this.#counts.length + 1);
    for (let second = Math.max(first, oldest); second <= last; second++)
      sum += this.#counts[second % this.#counts.length] ?? 0;
    return sum;
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

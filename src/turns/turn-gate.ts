/** Limits how many turns run at once; the next ones wait, and their clients take turns. */
import type { TurnSignal } from '../core/abort.js';
import { type WaitingLimits, WaitingLine } from './waiting-line.js';

/** Read at each use. */
export interface TurnGateLimits extends WaitingLimits {
  /** How many turns may run at once. */
  readonly maxTurns: number;
}

export class TurnGate {
  readonly #limits: TurnGateLimits;
  /** Made for the first turn that has to wait. */
  #line: WaitingLine<object> | undefined;
  #inside = 0;

  constructor(limits: TurnGateLimits) {
    this.#limits = limits;
  }

  /** How many turns run. */
  get inside(): number {
    return this.#inside;
  }

  /** How many turns wait. */
  get waiting(): number {
    return this.#line?.size ?? 0;
  }

  /**
   * Gives the function that gives the place back, which may be called twice: at once where there is a place. Rejects with `busy` if
   * there is none in time or too many wait, or with the signal's reason when it aborts; then the turn waits no longer. Throws the reason of
   * a signal that has aborted already.
   */
  enter(signal: TurnSignal): (() => void) | Promise<() => void> {
    signal.throwIfAborted();
    // Turns wait although there is room only after the limit was raised.
    this.#admit();
    if (this.#inside >= this.#limits.maxTurns) return this.#wait(signal);
    this.#inside++;
    return this.#toLeave();
  }

  async #wait(signal: TurnSignal): Promise<() => void> {
    this.#line ??= new WaitingLine(this.#limits);
    await this.#line.join({}, signal);
    return this.#toLeave();
  }

  #toLeave(): () => void {
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#inside--;
      this.#admit();
    };
  }

  /** The place is taken here and not when the waiting turn goes on: no other turn can take it in between. */
  #admit(): void {
    if (this.#line === undefined) return;
    for (const turn of this.#line) {
      if (this.#inside >= this.#limits.maxTurns) return;
      this.#inside++;
      this.#line.admit(turn);
    }
  }
}

/** Lets so many turns run at once and the next ones wait, first come first. */
import type { TurnSignal } from '../core/abort.js';
import { type WaitingLimits, WaitingLine } from './waiting-line.js';

/** Read at each use. */
export interface TurnGateLimits extends WaitingLimits {
  /** How many turns may run at once. */
  readonly maxTurns: number;
}

export class TurnGate {
  readonly #limits: TurnGateLimits;
  readonly #line: WaitingLine<object>;
  #inside = 0;

  constructor(limits: TurnGateLimits) {
    this.#limits = limits;
    this.#line = new WaitingLine(limits);
  }

  /** How many are inside. */
  get inside(): number {
    return this.#inside;
  }

  /** How many wait to get in. */
  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Resolves, when there is a place, with the way to give it back, which may be called twice. Rejects with `busy` if there
   * is none in time or too many wait, or with the signal's reason when it aborts: whoever leaves is out of the line.
   */
  async enter(signal: TurnSignal): Promise<() => void> {
    signal.throwIfAborted();
    // Somebody waits although there is room only after the limit was raised.
    if (this.#line.size > 0) this.#admit();
    if (this.#inside < this.#limits.maxTurns) this.#inside++;
    else await this.#line.join({}, signal);
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#inside--;
      this.#admit();
    };
  }

  /** The place is taken here and not when the one who waited goes on: nobody can slip in between. */
  #admit(): void {
    for (const turn of this.#line) {
      if (this.#inside >= this.#limits.maxTurns) return;
      this.#inside++;
      this.#line.admit(turn);
    }
  }
}

/** Gives up on an upstream that has sent nothing for too long. */
import { Fault } from '../core/fault.js';

/** Its signal aborts with the turn's signal, and when nothing came for the whole time. */
export class SilenceTimeout {
  readonly #controller = new AbortController();
  readonly #turn: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #onTurnAbort = (): void => this.#controller.abort(this.#turn.reason);
  #fault: Fault | undefined;

  /** @param silenceMs how long the upstream may send nothing */
  constructor(silenceMs: number, turn: AbortSignal) {
    this.#turn = turn;
    // By hand: each signal that `AbortSignal.any` makes is one more for the garbage collector to look after.
    if (turn.aborted) this.#onTurnAbort();
    else turn.addEventListener('abort', this.#onTurnAbort, { once: true });
    this.#timer = setTimeout(() => {
      const seconds = Math.round(silenceMs / 1_000);
      this.#fault = new Fault('worker-error', `the upstream said nothing for ${seconds} s`);
      this.#controller.abort(this.#fault);
    }, silenceMs);
  }

  /** Starts the time anew: something came. */
  restart(): void {
    this.#timer.refresh();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Set if the time ran out. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#turn.removeEventListener('abort', this.#onTurnAbort);
  }
}

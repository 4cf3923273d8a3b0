/** Gives up on an upstream that has sent nothing for too long. */
import { Fault } from '../core/fault.js';

/** Its signal aborts with the turn's signal, and when nothing came for the whole time. */
export class SilenceTimeout {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** @param silenceMs how long the upstream may send nothing */
  constructor(silenceMs: number, turn: AbortSignal) {
    this.signal = AbortSignal.any([this.#controller.signal, turn]);
    this.#timer = setTimeout(() => {
      const seconds = Math.round(silenceMs / 1_000);
      this.#controller.abort(new Fault('worker-error', `the upstream said nothing for ${seconds} s`));
    }, silenceMs);
  }

  /** Starts the time anew: something came. */
  restart(): void {
    this.#timer.refresh();
  }

  /** Set if the time ran out. */
  get fault(): Fault | undefined {
    const reason: unknown = this.#controller.signal.reason;
    return reason instanceof Fault ? reason : undefined;
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** Gives up on an upstream that says nothing any more. */
import { Fault } from '../core/fault.js';

/** Its signal aborts with the turn's, or when nothing was heard for the whole time. */
export class Silence {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(silenceMs: number, turn: AbortSignal) {
    this.signal = AbortSignal.any([this.#controller.signal, turn]);
    this.#timer = setTimeout(() => {
      const seconds = Math.round(silenceMs / 1_000);
      this.#controller.abort(new Fault('worker-error', `the upstream said nothing for ${seconds} s`));
    }, silenceMs);
  }

  /** Something came. */
  heard(): void {
    this.#timer.refresh();
  }

  /** The fault, if it was kept for too long. */
  get fault(): Fault | undefined {
    const reason: unknown = this.#controller.signal.reason;
    return reason instanceof Fault ? reason : undefined;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

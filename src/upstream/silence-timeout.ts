/** Gives up on an upstream that has sent nothing for too long, or on a client that has read nothing. */
import { Fault } from '../core/fault.js';

/** Its signal aborts with the turn's signal, and when nothing came for the whole time. */
export class SilenceTimeout {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isHeldBack = false;

  /** @param silenceMs how long the upstream may send nothing */
  constructor(silenceMs: number, turn: AbortSignal) {
    this.signal = AbortSignal.any([this.#controller.signal, turn]);
    this.#timer = setTimeout(() => {
      const seconds = Math.round(silenceMs / 1_000);
      this.#controller.abort(
        this.#isHeldBack
          ? new Fault('client-too-slow', `the answer was not read for ${seconds} s`)
          : new Fault('worker-error', `the upstream said nothing for ${seconds} s`),
      );
    }, silenceMs);
  }

  /** Starts the time anew: something came. */
  restart(): void {
    this.#timer.refresh();
  }

  /** `room`, or the end of the time for it, or of the turn; undefined where there is room, or no need of it any more. */
  whenRoom(room: Promise<void> | undefined): Promise<void> | undefined {
    const { signal } = this;
    if (room === undefined || signal.aborted) return undefined;
    this.#isHeldBack = true;
    this.restart();
    return new Promise((resolve) => {
      const onAbort = () => resolve();
      signal.addEventListener('abort', onAbort);
      void room.then(() => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted) return;
        this.#isHeldBack = false;
        this.restart();
        resolve();
      });
    });
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

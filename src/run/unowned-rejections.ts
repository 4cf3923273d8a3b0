/** The last line of defence: a promise that failed with nobody to hear of it costs a line in the log, and no more. */
import type { Logger } from 'pino';

export class UnownedRejections {
  readonly #log: Logger;
  #count = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many there were since the start. */
  get count(): number {
    return this.#count;
  }

  note(reason: unknown): void {
    this.#count++;
    this.#log.error(
      { err: reason, count: this.#count },
      'a promise failed that nobody waited for, by our own mistake',
    );
  }
}

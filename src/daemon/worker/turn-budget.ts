/** Shares a worker's output out over the turns of the event loop, so that an unpaced answer does not outrun its readers. */

/** Far below the 1024 tones that the daemon keeps for a reader, for all answers of a worker together. */
const TONES_PER_LOOP_TURN = 64;

export class TurnBudget {
  #left = TONES_PER_LOOP_TURN;
  #waiting: (() => void)[] = [];
  #refilling = false;

  /** Resolves when one more tone may go; undefined when it may go at once. */
  take(): Promise<void> | undefined {
    this.#refillSoon();
    if (this.#left > 0) {
      this.#left--;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #refillSoon(): void {
    if (this.#refilling) return;
    this.#refilling = true;
    setImmediate(() => {
      this.#refilling = false;
      const released = this.#waiting.splice(0, TONES_PER_LOOP_TURN);
      this.#left = TONES_PER_LOOP_TURN - released.length;
      if (this.#waiting.length > 0) this.#refillSoon();
      for (const resolve of released) resolve();
    });
  }
}

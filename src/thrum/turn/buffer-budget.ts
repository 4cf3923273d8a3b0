/** How much of all answers together may be kept or wait for their clients; past that, the one of which most waits has to go. */

/** Read at each use. */
export interface BufferBudgetLimits {
  /** In bytes of text, reasoning and tool input, and what their pieces take. */
  readonly maxTotalBufferBytes: number;
}

/** Something that waits for a client. */
export interface WaitingAnswer {
  /** Of this answer; what the budget is being told of is among it. */
  readonly waitingBytes: number;
  /** Forgets what waits and ends the turn with a fault: all together have more than `limit`. */
  giveUp(limit: number): void;
}

/** A sum, kept up to date by the buffers; they are looked at one by one only when it is too large. */
export class BufferBudget {
  /** The same for what is kept of answers, read or not: one within its own limit is not too much for that. */
  readonly kept: BufferBudget | undefined;
  readonly #limits: BufferBudgetLimits;
  /** Those of which anything waits. */
  readonly #waiting = new Set<WaitingAnswer>();
  #bytes = 0;

  constructor(limits: BufferBudgetLimits, kept?: BufferBudget) {
    this.#limits = limits;
    this.kept = kept;
  }

  /** What waits of all answers, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** So many bytes more wait of this answer. It may be given up for that, as may another one. */
  add(answer: WaitingAnswer, bytes: number): void {
    this.#bytes += bytes;
    // Only for the first that waits: this runs for every event.
    if (answer.waitingBytes === bytes) this.#waiting.add(answer);
    while (this.#bytes > this.#limits.maxTotalBufferBytes) {
      const largest = this.#largest();
      if (largest === undefined) return;
      largest.giveUp(this.#limits.maxTotalBufferBytes);
    }
  }

  /** Nothing of this answer waits any more. @param bytes what did */
  remove(answer: WaitingAnswer, bytes: number): void {
    if (this.#waiting.delete(answer)) this.#bytes -= bytes;
  }

  #largest(): WaitingAnswer | undefined {
    let largest: WaitingAnswer | undefined;
    for (const answer of this.#waiting)
      if (largest === undefined || answer.waitingBytes > largest.waitingBytes) largest = answer;
    return largest;
  }
}

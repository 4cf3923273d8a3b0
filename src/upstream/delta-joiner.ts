/** Joins the pieces that come in one turn of the event loop, so that a fast answer does not outrun humd's readers. */

/**
 * humd keeps 1024 tones for a reader and drops the rest (src/thrum/README.md, "Transport"); a network read may bring
 * hundreds of pieces. They leave as one tone, at the latest when the loop comes round.
 */
export class DeltaJoiner<Block> {
  readonly #send: (block: Block, text: string) => void;
  #pending: { readonly block: Block; text: string } | undefined;
  #isScheduled = false;

  constructor(send: (block: Block, text: string) => void) {
    this.#send = send;
  }

  push(block: Block, text: string): void {
    if (this.#pending?.block === block) {
      this.#pending.text += text;
      return;
    }
    this.flush();
    this.#pending = { block, text };
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Sends what waits, before a tone that is to come after it. */
  flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) this.#send(pending.block, pending.text);
  }
}

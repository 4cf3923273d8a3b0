/**
 * The sids that were open when a link broke. humd tells their workers nothing (src/thrum/README.md, "What humd does"), so
 * that they would go on for nobody, and wait for tool results that nobody brings: they are told to stop as soon as the link
 * is back.
 */
export class LeftBehind {
  readonly #createRid: () => string;
  readonly #send: (tone: Readonly<Record<string, unknown>>) => void;
  #sids: readonly string[] = [];

  constructor(createRid: () => string, send: (tone: Readonly<Record<string, unknown>>) => void) {
    this.#createRid = createRid;
    this.#send = send;
  }

  /** The link is gone, with these sids open. */
  keep(sids: readonly string[]): void {
    this.#sids = sids;
  }

  /** The link is up. `isSame`: to the humd that has the sids; another one has nothing to stop. */
  stop(isSame: boolean): void {
    const sids = this.#sids;
    this.#sids = [];
    if (!isSame) return;
    for (const sid of sids) {
      this.#send({ chi: 'cancel', rid: this.#createRid(), sid });
      this.#send({ chi: 'cleanup', rid: this.#createRid(), sid });
    }
  }
}

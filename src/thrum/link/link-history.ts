/** Counts the lives of the link: whether it has broken since something was sent, and whether the same humd is behind it. */
export class LinkHistory {
  #current = 0;
  /** The first life of the link to this humd. */
  #firstHere = 0;

  /** The life that the link is in, or, while it is down, will be in. */
  get current(): number {
    return this.#current;
  }

  /** The link is gone: a session of the life that ends has to be resumed. */
  lost(): void {
    this.#current++;
  }

  /** The link is up to another humd than before, whose workers remember nothing of earlier lives. */
  moved(): void {
    this.#firstHere = this.#current;
  }

  /** True if the link has been up to the same humd since that life. */
  isHere(life: number): boolean {
    return life >= this.#firstHere;
  }
}

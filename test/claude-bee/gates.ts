/** Places where a simulated process waits until the test lets it pass. */

export class Gates {
  readonly #open: Set<string>;
  readonly #waiting = new Map<string, (() => void)[]>();

  /** @param open the gates that are open until somebody closes them; all others are closed */
  constructor(open: readonly string[]) {
    this.#open = new Set(open);
  }

  isOpen(name: string): boolean {
    return this.#open.has(name);
  }

  /** Resolves when the gate is open. */
  pass(name: string): Promise<void> {
    if (this.#open.has(name)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), resolve]);
    });
  }

  close(name: string): void {
    this.#open.delete(name);
  }

  /** Lets pass what waits and what comes later. */
  open(name: string): void {
    this.#open.add(name);
    for (const pass of this.#waiting.get(name) ?? []) pass();
    this.#waiting.delete(name);
  }
}

/** One timer for everything that is due at some time: what is due in the same millisecond is handed over together. */

const TICK_MS = 1;
/** Nothing may be due later than this, in ticks. */
const SLOTS = 4_096;

export class TimerWheel<Item> {
  readonly #onDue: (items: readonly Item[]) => void;
  readonly #slots: Item[][] = Array.from({ length: SLOTS }, () => []);
  #size = 0;
  /** The tick up to which everything was handed over. */
  #tick = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(onDue: (items: readonly Item[]) => void) {
    this.#onDue = onDue;
  }

  /** @param dueAt in ms on a monotonic clock; what lies in the past is due with the next tick */
  add(item: Item, dueAt: number): void {
    if (this.#size === 0 && this.#timer === undefined) this.#tick = Math.floor(performance.now() / TICK_MS);
    const tick = Math.min(Math.max(this.#tick + 1, Math.ceil(dueAt / TICK_MS)), this.#tick + SLOTS - 1);
    this.#slots[tick % SLOTS]?.push(item);
    this.#size++;
    this.#timer ??= setTimeout(() => this.#turn(), TICK_MS);
  }

  #turn(): void {
    this.#timer = undefined;
    const now = Math.floor(performance.now() / TICK_MS);
    const due: Item[] = [];
    while (this.#tick < now && this.#size > 0) {
      this.#tick++;
      const items = this.#slots[this.#tick % SLOTS] ?? [];
      if (items.length === 0) continue;
      this.#size -= items.length;
      due.push(...items);
      this.#slots[this.#tick % SLOTS] = [];
    }
    if (this.#size === 0) this.#tick = now;
    if (due.length > 0) this.#onDue(due);
    if (this.#size > 0) this.#timer ??= setTimeout(() => this.#turn(), TICK_MS);
  }
}

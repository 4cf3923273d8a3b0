/** One timer for everything that is due at some time: what is due in the same millisecond is handed over together. */

const TICK_MS = 1;
/** What it is late beyond so many ticks it does not make up for: the models' burst would be taken for a slow reader. */
const MOST_BEHIND = 8;
/** Nothing may be due later than this, in ticks. */
const SLOTS = 4_096;

export class TimerWheel<Item> {
  readonly #onDue: (items: readonly Item[]) => void;
  readonly #slots: Item[][] = Array.from({ length: SLOTS }, () => []);
  #size = 0;
  /** The tick up to which everything was handed over. */
  #tick = 0;
  #lagMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(onDue: (items: readonly Item[]) => void) {
    this.#onDue = onDue;
  }

  /** In ms; stands still while the process is held up. */
  now(): number {
    return performance.now() - this.#lagMs;
  }

  /** @param dueAt in ms on the wheel's clock; what lies in the past is due with the next tick */
  add(item: Item, dueAt: number): void {
    if (this.#size === 0 && this.#timer === undefined) this.#tick = Math.floor(this.now() / TICK_MS);
    const tick = Math.min(Math.max(this.#tick + 1, Math.ceil(dueAt / TICK_MS)), this.#tick + SLOTS - 1);
    this.#slots[tick % SLOTS]?.push(item);
    this.#size++;
    this.#timer ??= setTimeout(() => this.#turn(), TICK_MS);
  }

  #turn(): void {
    this.#timer = undefined;
    this.#lagMs += Math.max(0, this.now() - (this.#tick + MOST_BEHIND) * TICK_MS);
    const now = Math.floor(this.now() / TICK_MS);
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

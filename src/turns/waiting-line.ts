/** A queue of turns that wait for a place, whose clients take turns; bounded in number and in time. */
import type { TurnSignal } from '../core/abort.js';
import { Fault } from '../core/fault.js';
import { Waiters } from '../core/waiters.js';

/** Read at each use. */
export interface WaitingLimits {
  /** How many may wait. */
  readonly maxQueuedTurns: number;
  /** How long one may wait, in ms. */
  readonly queueTimeoutMs: number;
}

/** When to try again, for a turn that got no place. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Iterates over the entries: the first of each client, then the second of each, and so on; entries may be admitted meanwhile. The client
 * that was admitted last stands behind the others.
 */
export class WaitingLine<Entry> implements Iterable<Entry> {
  readonly #limits: WaitingLimits;
  readonly #waiters = new Waiters<Entry>();
  /** What each client has in the line, oldest first. */
  readonly #clients = new Map<string, Entry[]>();

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiters.size;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    const lines = Array.from(this.#clients.values(), (entries) => [...entries]);
    const longest = Math.max(0, ...lines.map((line) => line.length));
    for (let round = 0; round < longest; round++)
      for (const line of lines) {
        const entry = line[round];
        if (entry !== undefined && this.#waiters.has(entry)) yield entry;
      }
  }

  /**
   * Waits behind what its client has in the line. Resolves when the entry is admitted; rejects with `busy` if the line is full and no
   * other client has more in it, or after `timeoutMs`, or with the signal's reason when it aborts. A full line loses the newest entry of
   * the client with most.
   * @param entry a different object for each call
   * @param timeoutMs how long it may wait; infinite for as long as its client does
   */
  async join(entry: Entry, signal: TurnSignal, timeoutMs = this.#limits.queueTimeoutMs): Promise<void> {
    signal.throwIfAborted();
    const client = signal.client ?? '';
    if (this.size >= this.#limits.maxQueuedTurns) this.#makeRoom(client);
    const own = this.#clients.get(client);
    if (own === undefined) this.#clients.set(client, [entry]);
    else own.push(entry);
    const late = () => busy(`too many turns run here: none ended within ${timeoutMs} ms`);
    try {
      await this.#waiters.add(entry, { signal, timeoutMs, late });
    } finally {
      this.#forget(client, entry);
    }
  }

  /** Lets one entry go on. */
  admit(entry: Entry): void {
    for (const [client, entries] of this.#clients) {
      if (!entries.includes(entry)) continue;
      this.#clients.delete(client);
      if (entries.length > 1) this.#clients.set(client, without(entries, entry));
      break;
    }
    this.#waiters.resolve(entry);
  }

  /** None of those that wait will be admitted. */
  refuseAll(error: Error): void {
    this.#waiters.rejectAll(error);
  }

  #makeRoom(client: string): void {
    const full = busy('too many turns run here, and too many wait');
    const own = this.#clients.get(client)?.length ?? 0;
    let most: readonly [client: string, entries: readonly Entry[]] = ['', []];
    for (const queue of this.#clients) if (queue[1].length > most[1].length) most = queue;
    const [other, entries] = most;
    const last = entries.length > own + 1 ? entries.at(-1) : undefined;
    if (last === undefined) throw full;
    this.#forget(other, last);
    this.#waiters.reject(last, full);
  }

  #forget(client: string, entry: Entry): void {
    const left = without(this.#clients.get(client) ?? [], entry);
    if (left.length > 0) this.#clients.set(client, left);
    else this.#clients.delete(client);
  }
}

function without<Entry>(entries: readonly Entry[], entry: Entry): Entry[] {
  return entries.filter((other) => other !== entry);
}

function busy(message: string): Fault {
  return new Fault('busy', `${message}; try again in a moment`, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

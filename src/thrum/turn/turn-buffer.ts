/** Holds a turn's events until the client's side takes them, and keeps the rule that a turn ends exactly once. */
import type { BufferBudget, WaitingAnswer } from './buffer-budget.js';
import { type Event, isEnd } from '../../core/event.js';
import { Fault } from '../../core/fault.js';

/**
 * What came of offering an event: `kept`, `late` (the turn had ended: ignored) or `overflow` (the client is too slow:
 * the event was replaced by a fault that ends the turn).
 */
export type Offer = 'kept' | 'late' | 'overflow';

/** What a buffer shares with the others. */
export interface SharedBudget {
  readonly budget: BufferBudget;
  /** Told that the turn has been ended because all buffers together hold too much; called while one of them begins to hold more. */
  onGivenUp(): void;
}

/**
 * A queue of events that is bounded by their size in UTF-8 bytes. After the first `finish` or `fault` nothing more is
 * taken, so that every turn has exactly one end, whatever the wire does.
 */
export class TurnBuffer implements WaitingAnswer {
  readonly #limit: number;
  readonly #shared: SharedBudget | undefined;
  #events: Event[] = [];
  #size = 0;
  /** What of that the budget has been told of. */
  #counted = 0;
  #ended = false;

  /**
   * @param limit how many bytes of text, reasoning and tool input may wait for the client
   * @param shared what all buffers together may hold; absent where nobody counts that
   */
  constructor(limit: number, shared?: SharedBudget) {
    this.#limit = limit;
    this.#shared = shared;
  }

  /** True once an end is in the buffer or was taken from it. */
  get ended(): boolean {
    return this.#ended;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** What waits, in bytes. */
  get waitingBytes(): number {
    return this.#size;
  }

  offer(event: Event): Offer {
    if (this.#ended) return 'late';
    if (isEnd(event)) {
      this.#ended = true;
      this.#events.push(event);
      return 'kept';
    }
    const bytes = sizeOf(event);
    if (this.#size + bytes > this.#limit) {
      this.#ended = true;
      this.#events.push({ type: 'fault', fault: tooSlow(this.#limit) });
      return 'overflow';
    }
    this.#size += bytes;
    this.#events.push(event);
    return 'kept';
  }

  /**
   * Nobody is there to take what was offered, so that it has to wait: it counts from now on. What is taken at once never does,
   * which is nearly everything. This answer may be given up for it.
   */
  hold(): void {
    const bytes = this.#size - this.#counted;
    if (bytes === 0) return;
    this.#counted = this.#size;
    this.#shared?.budget.add(this, bytes);
  }

  /** All that waits, in order; the buffer is empty afterwards. */
  take(): readonly Event[] {
    const events = this.#events;
    this.#events = [];
    this.#size = 0;
    if (this.#counted > 0) this.#shared?.budget.remove(this, this.#counted);
    this.#counted = 0;
    return events;
  }

  /** Only the fault is left to take: room is made for others. */
  giveUp(fault: Fault): void {
    this.take();
    this.#ended = true;
    this.#events.push({ type: 'fault', fault });
    this.#shared?.onGivenUp();
  }
}

function sizeOf(event: Event): number {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return Buffer.byteLength(event.text);
    case 'tool-call':
      return Buffer.byteLength(event.input);
    default:
      return 0;
  }
}

function tooSlow(limit: number): Fault {
  return new Fault('client-too-slow', `the answer was not read fast enough: more than ${limit} bytes waited`);
}

/** Holds a turn's events until the client's side takes them, and keeps the rule that a turn ends exactly once. */
import { type Event, isEnd } from './event.js';
import { Fault } from './fault.js';

/**
 * What came of offering an event: `kept`, `late` (the turn had ended: ignored) or `overflow` (the client is too slow:
 * the event was replaced by a fault that ends the turn).
 */
export type Offer = 'kept' | 'late' | 'overflow';

/**
 * A queue of events that is bounded by their size in UTF-8 bytes. After the first `finish` or `fault` nothing more is
 * taken, so that every turn has exactly one end, whatever the wire does.
 */
export class TurnBuffer {
  readonly #limit: number;
  #events: Event[] = [];
  #size = 0;
  #ended = false;

  /** @param limit how many bytes of text, reasoning and tool input may wait for the client */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True once an end is in the buffer or was taken from it. */
  get ended(): boolean {
    return this.#ended;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  offer(event: Event): Offer {
    if (this.#ended) return 'late';
    if (isEnd(event)) {
      this.#ended = true;
      this.#events.push(event);
      return 'kept';
    }
    this.#size += sizeOf(event);
    if (this.#size > this.#limit) {
      this.#ended = true;
      this.#events.push({ type: 'fault', fault: tooSlow(this.#limit) });
      return 'overflow';
    }
    this.#events.push(event);
    return 'kept';
  }

  /** All that waits, in order; the buffer is empty afterwards. */
  take(): readonly Event[] {
    const events = this.#events;
    this.#events = [];
    this.#size = 0;
    return events;
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

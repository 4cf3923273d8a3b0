/** Remembers for a request that runs several turns whether a worker was asked in any of them. */
import type { Event } from './event.js';
import { isRefusalToRun } from './fault.js';

/**
 * A fault of one turn is the answer to the whole request: once another turn has begun, the request must not be
 * repeated automatically, whichever fault it is. A model's API that refuses to run anything is the exception, as long as none of the
 * turns has given anything.
 */
export class PromptMemory {
  #wasAsked = false;
  #hasOutput = false;

  /** Passes a turn on, its faults marked as soon as this or any other turn of the request has begun. */
  async *watch(turn: AsyncIterable<readonly Event[]>): AsyncGenerator<readonly Event[], void, undefined> {
    for await (const batch of turn) {
      this.#wasAsked ||= batch.some((event) => event.type !== 'fault' || event.fault.afterPrompt);
      this.#hasOutput ||= batch.some(({ type }) => type !== 'fault' && type !== 'ready');
      yield this.#wasAsked ? batch.map((event) => this.#mark(event)) : batch;
    }
  }

  #mark(event: Event): Event {
    if (event.type !== 'fault' || (isRefusalToRun(event.fault) && !this.#hasOutput)) return event;
    return { ...event, fault: event.fault.with({ afterPrompt: true }) };
  }
}

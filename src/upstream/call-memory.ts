/** Remembers which id the server gave to a call, and what it wants back with it, by the id that clients know. */
import { LRUCache } from 'lru-cache';
import type { JsonObject } from '../core/json-object.js';

export interface RememberedCall {
  /** The server's own id. */
  readonly upstreamId: string;
  /** What the model thought before it called; '' for nothing. */
  readonly reasoning: string;
  readonly extra?: JsonObject | undefined;
}

const MAX_CALLS = 20_000;
/** Of all thoughts together. */
const MAX_CHARACTERS = 16 * 2 ** 20;
const CHARACTERS_PER_CALL = 64;

export class CallMemory {
  readonly #calls = new LRUCache<string, RememberedCall>({
    max: MAX_CALLS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ reasoning, extra }) =>
      CHARACTERS_PER_CALL + reasoning.length + (extra === undefined ? 0 : JSON.stringify(extra).length),
  });

  /** @param issuedId the id by which clients know the call */
  remember(issuedId: string, call: RememberedCall): void {
    this.#calls.set(issuedId, call);
  }

  find(issuedId: string): RememberedCall | undefined {
    return this.#calls.get(issuedId);
  }
}

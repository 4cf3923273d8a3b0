/** The responses that are kept in memory: bounded by their number, their bytes and their age. */
import { LRUCache } from 'lru-cache';
import { LARGE } from '../../../threads/request-threads.js';
import { weigh } from '../../../threads/weight.js';
import type { Clock } from '../../clock.js';
import type { OutputItem } from './output-item.js';
import {
  itemsOf,
  type KeptResponses,
  MAX_AGE_MS,
  type ResponseStore,
  type StoredItem,
  type StoredResponse,
} from './store.js';

export interface StoreLimits {
  readonly maxResponses: number;
  /** Of all responses and inputs together, as JSON, about. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export const STORE_LIMITS: StoreLimits = {
  maxResponses: 10_000,
  maxBytes: 64 * 2 ** 20,
  maxAgeMs: MAX_AGE_MS,
};

/** In bytes; of a large one about, since writing it down would hold up the event loop. */
function sizeOf(stored: StoredResponse): number {
  const { response, input, inputWeight } = stored;
  if (inputWeight === undefined && weigh(stored, LARGE) <= LARGE)
    return Buffer.byteLength(JSON.stringify(stored));
  return weigh(response, Number.POSITIVE_INFINITY) + (inputWeight ?? weigh(input, Number.POSITIVE_INFINITY));
}

/** Past a limit, what was used least recently goes first; a response that is too large alone is not kept. */
export class MemoryStore implements ResponseStore {
  readonly #responses: LRUCache<string, StoredResponse>;
  /** Where the newest response is that holds an item; both by their keys, which name the owner, too. */
  readonly #responseKeys = new Map<string, string>();

  constructor(clock: Clock, limits: StoreLimits = STORE_LIMITS) {
    this.#responses = new LRUCache<string, StoredResponse>({
      max: limits.maxResponses,
      maxSize: limits.maxBytes,
      ttl: limits.maxAgeMs,
      ttlResolution: 0,
      perf: { now: () => clock.monotonic() },
      sizeCalculation: sizeOf,
      dispose: (stored, key) => this.#forgetItems(stored, key),
    });
  }

  get size(): number {
    return this.#responses.size;
  }

  /** How many items can be referred to. */
  get items(): number {
    return this.#responseKeys.size;
  }

  of(keyId: string | undefined): KeptResponses {
    const keyOf = (id: string) => `${keyId ?? ''} ${id}`;
    return {
      keep: async (stored) => this.#keep(keyOf(stored.response.id), stored, keyOf),
      get: async (id) => this.#responses.get(keyOf(id)),
      delete: async (id) => this.#responses.delete(keyOf(id)),
      item: async (id) => this.#item(keyOf(id), id),
    };
  }

  /** Lets go of all that one owner has. */
  forget(keyId: string): void {
    for (const key of [...this.#responses.keys()])
      if (key.startsWith(`${keyId} `)) this.#responses.delete(key);
  }

  #keep(key: string, stored: StoredResponse, keyOf: (id: string) => string): void {
    this.#responses.set(key, stored);
    if (!this.#responses.has(key)) return;
    for (const item of itemsOf(stored)) this.#responseKeys.set(keyOf(item.id), key);
  }

  #item(key: string, id: string): StoredItem | OutputItem | undefined {
    const home = this.#responseKeys.get(key);
    const stored = home === undefined ? undefined : this.#responses.get(home);
    return stored && itemsOf(stored).find((item) => item.id === id);
  }

  #forgetItems(stored: StoredResponse, key: string): void {
    const owner = key.slice(0, key.indexOf(' ') + 1);
    for (const { id } of itemsOf(stored)) {
      if (this.#responseKeys.get(owner + id) === key) this.#responseKeys.delete(owner + id);
    }
  }
}

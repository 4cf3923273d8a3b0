/** The responses that all replicas can be asked for; while what they share is gone, each has its own. */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { ReplicaStore } from '../../../shared/replica-store.js';
import { itemsOf, type KeptResponses, MAX_AGE_MS, type ResponseStore, type StoredResponse } from './store.js';

/** A longer response, as JSON, is only known to the replica that made it. */
const MAX_SHARED_CHARACTERS = 4 * 2 ** 20;
/** The last so many items of a response can be referred to elsewhere. */
const MAX_SHARED_ITEMS = 1_000;
/** Stands where a response was deleted, so that no replica gives its own copy of it. */
const DELETED = '';
/** Deletions that could not be shared yet. */
const MAX_PENDING_DELETIONS = 10_000;

/** The shape that all versions of the bridge have in common; the rest is what was written. */
const shape = z.looseObject({
  response: z.looseObject({ id: z.string(), output: z.array(z.looseObject({ id: z.string() })) }),
  input: z.array(z.looseObject({ id: z.string() })),
});

export class SharedStore implements ResponseStore {
  readonly #own: ResponseStore;
  readonly #replicas: ReplicaStore;
  readonly #pendingDeletions = new LRUCache<string, true>({ max: MAX_PENDING_DELETIONS });

  /** @param own keeps what this replica made, for as long as nothing can be shared */
  constructor(own: ResponseStore, replicas: ReplicaStore) {
    this.#own = own;
    this.#replicas = replicas;
    replicas.onBack(() => void this.#shareDeletions());
  }

  of(keyId: string | undefined): KeptResponses {
    const own = this.#own.of(keyId);
    const keyOf = (id: string) => `response:${keyId ?? ''} ${id}`;
    const itemKeyOf = (id: string) => `response-item:${keyId ?? ''} ${id}`;
    const get = (id: string) => this.#get(keyOf(id), id, own);
    return {
      keep: async (stored) => {
        await own.keep(stored);
        const { id } = stored.response;
        const json = JSON.stringify(stored);
        if (json.length > MAX_SHARED_CHARACTERS) return;
        const items = itemsOf(stored).slice(-MAX_SHARED_ITEMS);
        const homes = items.map((item) => [itemKeyOf(item.id), id] as const);
        await this.#replicas.set([[keyOf(id), json], ...homes], MAX_AGE_MS);
      },
      get,
      delete: (id) => this.#delete(keyOf(id), id, own),
      item: async (id) => {
        const home = await this.#replicas.get(itemKeyOf(id));
        const stored = home === 'gone' || home.value === undefined ? undefined : await get(home.value);
        const found = stored && itemsOf(stored).find((item) => item.id === id);
        return found ?? own.item(id);
      },
    };
  }

  async #get(key: string, id: string, own: KeptResponses): Promise<StoredResponse | undefined> {
    if (this.#pendingDeletions.has(key)) return undefined;
    const reply = await this.#replicas.get(key);
    if (reply !== 'gone' && reply.value === DELETED) await own.delete(id);
    const shared = reply === 'gone' || !reply.value ? undefined : parse(reply.value);
    return shared ?? own.get(id);
  }

  async #delete(key: string, id: string, own: KeptResponses): Promise<boolean> {
    const wasOwn = await own.delete(id);
    const reply = await this.#replicas.replace(key, DELETED, MAX_AGE_MS);
    if (reply === 'gone') this.#pendingDeletions.set(key, true);
    return wasOwn || (reply !== 'gone' && reply.value !== undefined && reply.value !== DELETED);
  }

  async #shareDeletions(): Promise<void> {
    for (const key of [...this.#pendingDeletions.keys()]) {
      if ((await this.#replicas.replace(key, DELETED, MAX_AGE_MS)) === 'gone') return;
      this.#pendingDeletions.delete(key);
    }
  }
}

/** Undefined for what no version of the bridge has written. */
function parse(json: string): StoredResponse | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isStoredResponse(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStoredResponse(value: unknown): value is StoredResponse {
  return shape.safeParse(value).success;
}

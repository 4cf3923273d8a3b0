/** The responses that all replicas can be asked for; while what they share is gone, each has its own. */
import { z } from 'zod';
import { MAX_SUM } from '../../../core/count.js';
import { MAX_SHARED_CHARACTERS, type ReplicaStore } from '../../../shared/replica-store.js';
import { inputItem } from './item-schema.js';
import { fromSharedJson, toSharedJson } from './shared-json.js';
import { DELETED, SharedDeletions } from './shared-deletions.js';
import { itemsOf, type KeptResponses, MAX_AGE_MS, type ResponseStore, type StoredResponse } from './store.js';

/** The last so many items of a response can be referred to elsewhere. */
const MAX_SHARED_ITEMS = 1_000;

/** What can be gone on with: an item as a client may send it, with an id, and a message's content in parts. */
export const storedItem = z
  .looseObject({ id: z.string() })
  .refine((item) => item['type'] !== 'message' || Array.isArray(item['content']))
  .refine((item) => inputItem.safeParse(item).success);

const count = z.int().min(0).max(MAX_SUM);
/** Far beyond any life of a response, in seconds since 1970. */
const MAX_SECONDS = 1e11;

/**
 * The shape that all versions of the bridge have in common, with all that is looked at here; the rest is what was written. Who writes to
 * Redis could write anything there.
 */
const shape = z.looseObject({
  response: z.looseObject({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.number().min(0).max(MAX_SECONDS),
    status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
    background: z.boolean().optional(),
    model: z.string(),
    output: z.array(storedItem),
    previous_response_id: z.string().nullable(),
    usage: z.looseObject({ input_tokens: count, output_tokens: count }).nullish(),
  }),
  input: z.array(storedItem),
});

export class SharedStore implements ResponseStore {
  readonly #own: ResponseStore;
  readonly #replicas: ReplicaStore;
  readonly #deletions: SharedDeletions;

  /** @param own keeps what this replica made, for as long as nothing can be shared */
  constructor(own: ResponseStore, replicas: ReplicaStore) {
    this.#own = own;
    this.#replicas = replicas;
    this.#deletions = new SharedDeletions(replicas);
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
        const { response, input } = stored;
        const json = await toSharedJson({ response, input }, MAX_SHARED_CHARACTERS);
        if (json === undefined) return;
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
    if (this.#deletions.isPending(key)) return undefined;
    const reply = await this.#replicas.get(key);
    if (reply !== 'gone' && reply.value === DELETED) await own.delete(id);
    const kept = await own.get(id);
    if (kept !== undefined || reply === 'gone' || !reply.value) return kept;
    return parse(reply.value, id);
  }

  async #delete(key: string, id: string, own: KeptResponses): Promise<boolean> {
    const wasOwn = await own.delete(id);
    const wasShared = await this.#deletions.delete(key);
    return wasOwn || wasShared;
  }
}

/** Undefined for what no version of the bridge has written under this id. Rejects as `fromSharedJson`. */
async function parse(json: string, id: string): Promise<StoredResponse | undefined> {
  if (json.length > MAX_SHARED_CHARACTERS) return undefined;
  const value: unknown = shape.safeParse(await fromSharedJson(json)).data;
  return isStoredResponse(value) && value.response.id === id ? value : undefined;
}

/** What has been parsed has more than the shape says, and nothing else. */
function isStoredResponse(value: unknown): value is StoredResponse {
  return value !== undefined;
}

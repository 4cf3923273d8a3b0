/** The responses that clients may come back to: those that are kept in memory, and those that a connection alone remembers. */
import { LRUCache } from 'lru-cache';
import { isLarge, weigh } from '../../../threads/weight.js';
import type { Clock } from '../../clock.js';
import type { MessageChannel } from '../../server/message-socket.js';
import type { InputItem, InputPart, ItemOf } from './item-schema.js';
import type { CreateId, IdPrefix, OutputItem } from './output-item.js';
import { asSent, type ResponseObject } from './response-object.js';

/** An item of an input as it is kept and listed: with an id, its own where it has one, and its content in parts. */
export type StoredItem = Readonly<Record<string, unknown>> & { readonly id: string };

export interface StoredResponse {
  readonly response: ResponseObject;
  /** The input of its own request, without that of the responses before it. */
  readonly input: readonly StoredItem[];
  /** What the input weighs (`weigh`), where a thread has found that out. */
  readonly inputWeight?: number | undefined;
}

/** What one API key has made, and may see. Only reading rejects: with `busy`, for what is there and cannot be read now. */
export interface KeptResponses {
  keep(stored: StoredResponse): Promise<void>;
  get(id: string): Promise<StoredResponse | undefined>;
  /** False: there was none. */
  delete(id: string): Promise<boolean>;
  /** An item of any response that is kept, be it of its input or its output. */
  item(id: string): Promise<StoredItem | OutputItem | undefined>;
}

export interface ResponseStore {
  /** All who come without a key are one. */
  of(keyId: string | undefined): KeptResponses;
}

const DAY_MS = 86_400_000;
/** How long a response can be come back to. */
export const MAX_AGE_MS = 30 * DAY_MS;

/** All items of a response by whose ids it can be referred to. */
export function itemsOf({ input, response }: StoredResponse): readonly (StoredItem | OutputItem)[] {
  return [...input, ...response.output];
}

export function toStoredItem(item: InputItem, createId: CreateId): StoredItem {
  const id = item.id || createId(prefixOf(item));
  if (item.type === 'other') return { ...item.item, id };
  if (item.type === 'additional_tools' || item.type === 'tool_search_output')
    return { ...item, id, tools: (item.tools ?? []).map(asSent) };
  if (item.type === 'function_call_output' || item.type === 'custom_tool_call_output')
    return { ...item, id, ...(isParts(item.output) ? { output: item.output.map(partAsSent) } : {}) };
  if (item.type !== 'message') return { ...item, id };
  const type = item.role === 'assistant' ? 'output_text' : 'input_text';
  const content =
    typeof item.content === 'string' ? [{ type, text: item.content }] : (item.content ?? []).map(partAsSent);
  return { status: 'completed', ...item, id, content };
}

function isParts(output: ItemOf<'function_call_output'>['output']): output is InputPart[] {
  return Array.isArray(output);
}

function partAsSent(part: InputPart): object {
  return part.type === 'other' ? part.part : part;
}

function prefixOf(item: InputItem): IdPrefix {
  switch (item.type) {
    case 'message':
      return 'msg';
    case 'reasoning':
      return 'rs';
    case 'function_call':
      return 'fc';
    case 'function_call_output':
      return 'fco';
    case 'custom_tool_call':
      return 'ctc';
    case 'custom_tool_call_output':
      return 'ctco';
    case 'tool_search_call':
      return 'tsc';
    case 'tool_search_output':
      return 'tso';
    case 'compaction':
      return 'cmp';
    case 'compaction_trigger':
    case 'item_reference':
    case 'additional_tools':
    case 'configuration_update':
    case 'other':
      return 'item';
    default:
      return item satisfies never;
  }
}

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
  if (inputWeight === undefined && !isLarge(stored)) return Buffer.byteLength(JSON.stringify(stored));
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

/**
 * What the responses of one WebSocket connection can go on from: those that are kept, and those with `store: false`, which the connection
 * alone remembers until it is closed.
 */
export class ConnectionStores {
  readonly #unstored: MemoryStore;
  readonly #owners = new WeakMap<MessageChannel, string>();
  #last = 0;

  /** @param unstored what all connections together remember, which bounds it */
  constructor(unstored: MemoryStore) {
    this.#unstored = unstored;
  }

  /** @param kept what the connection's key may see besides */
  of(channel: MessageChannel, kept: KeptResponses): KeptResponses {
    const own = this.#unstored.of(this.#ownerOf(channel));
    return {
      keep: (stored) => (stored.response.store ? kept : own).keep(stored),
      get: async (id) => (await own.get(id)) ?? kept.get(id),
      delete: (id) => kept.delete(id),
      item: async (id) => (await own.item(id)) ?? kept.item(id),
    };
  }

  #ownerOf(channel: MessageChannel): string {
    const known = this.#owners.get(channel);
    if (known !== undefined) return known;
    const owner = String(++this.#last);
    this.#owners.set(channel, owner);
    channel.onClose(() => this.#unstored.forget(owner));
    return owner;
  }
}

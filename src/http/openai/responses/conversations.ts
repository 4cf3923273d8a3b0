/**
 * Conversations that clients make and name in their requests (src/http/openai/README.md, "Conversations"): what was said in each, kept as
 * responses are.
 */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { Fault } from '../../../core/fault.js';
import { MAX_SHARED_CHARACTERS, type ReplicaStore } from '../../../shared/replica-store.js';
import { weigh } from '../../../threads/weight.js';
import type { Clock } from '../../clock.js';
import type { ResponsesFields } from './body-schema.js';
import type { OutputItem } from './output-item.js';
import { storedItem } from './shared-store.js';
import { fromSharedJson, toSharedJson } from './shared-json.js';
import { SharedDeletions } from './shared-deletions.js';
import { MAX_AGE_MS, type StoredItem } from './store.js';

export interface StoredConversation {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created_at: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Inputs and outputs, in their order. */
  readonly items: readonly (StoredItem | OutputItem)[];
}

const MAX_CONVERSATIONS = 10_000;
/** Of all together, in characters. */
const MAX_CHARACTERS = 64 * 2 ** 20;
/** Stands where one has grown too long, in front of the replica that has it. */
const HELD = 'held by ';

const shape = z.looseObject({
  id: z.string(),
  created_at: z.number().min(0),
  metadata: z.record(z.string(), z.string()),
  items: z.array(storedItem),
});

/** A conversation that a request goes on with: no other one may, until it leaves. */
export interface EnteredConversation {
  readonly conversation: StoredConversation;
  /** What was said in it since. To be called once, before `leave`. */
  add(items: readonly (StoredItem | OutputItem)[]): Promise<void>;
  /** May be called twice. */
  leave(): void;
}

/** Bounded by their number, their size and their age; past that, what was used least recently goes first. */
export class Conversations {
  readonly #own: LRUCache<string, StoredConversation>;
  readonly #replicas: ReplicaStore | undefined;
  /** Those that a request of this process is at work on. */
  readonly #entered = new Set<string>();
  readonly #deletions: SharedDeletions | undefined;

  constructor(clock: Clock, replicas: ReplicaStore | undefined) {
    this.#replicas = replicas;
    this.#own = new LRUCache<string, StoredConversation>({
      max: MAX_CONVERSATIONS,
      maxSize: MAX_CHARACTERS,
      ttl: MAX_AGE_MS,
      ttlResolution: 0,
      perf: { now: () => clock.monotonic() },
      sizeCalculation: (conversation) => weigh(conversation, Number.POSITIVE_INFINITY),
    });
    this.#deletions = replicas && new SharedDeletions(replicas);
  }

  get size(): number {
    return this.#own.size;
  }

  async keep(keyId: string | undefined, conversation: StoredConversation): Promise<void> {
    const key = toKey(keyId, conversation.id);
    this.#own.set(key, conversation);
    if (this.#replicas === undefined) return;
    const json = await toSharedJson(conversation, MAX_SHARED_CHARACTERS);
    const shared = json ?? HELD + this.#replicas.replicaId;
    await this.#replicas.set([[key, shared]], MAX_AGE_MS);
  }

  /** Rejects with `busy` for one that is there and cannot be read now. */
  async get(keyId: string | undefined, id: string): Promise<StoredConversation | undefined> {
    const key = toKey(keyId, id);
    const own = this.#own.get(key);
    if (this.#replicas === undefined) return own;
    if (this.#deletions?.isPending(key)) return undefined;
    const reply = await this.#replicas.get(key);
    if (reply === 'gone' || reply.value === undefined) return own;
    if (reply.value === HELD + this.#replicas.replicaId) return own;
    const shared = await parse(reply.value, id);
    // Others know better: it was deleted, or has grown.
    if (shared === undefined) this.#own.delete(key);
    return shared;
  }

  /** False: there was none. */
  async delete(keyId: string | undefined, id: string): Promise<boolean> {
    const key = toKey(keyId, id);
    const wasOwn = this.#own.delete(key);
    const wasShared = await this.#deletions?.delete(key);
    return wasOwn || wasShared === true;
  }

  /** The conversation that a request names. Rejects with `not-found`, and with `bad-request` where it names an earlier response as well. */
  async named(
    keyId: string | undefined,
    { conversation: named, previous_response_id: previous }: ResponsesFields,
  ): Promise<StoredConversation | undefined> {
    if (named == null) return undefined;
    if (previous) throw bothNamed();
    const id = idOf(named);
    const conversation = await this.get(keyId, id);
    if (conversation === undefined) throw conversationNotFound(id);
    return conversation;
  }

  /** The same, for a request that adds to it. Rejects with `bad-request` where another one is at work on it. */
  async enter(keyId: string | undefined, body: ResponsesFields): Promise<EnteredConversation | undefined> {
    const { conversation: named } = body;
    if (named == null) return undefined;
    const id = idOf(named);
    const key = toKey(keyId, id);
    if (this.#entered.has(key)) throw locked();
    this.#entered.add(key);
    let isInside = true;
    const leave = () => {
      if (isInside) this.#entered.delete(key);
      isInside = false;
    };
    try {
      const conversation = await this.named(keyId, body);
      if (conversation === undefined) throw conversationNotFound(id);
      return { conversation, add: (items) => this.#add(keyId, conversation, items), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #add(
    keyId: string | undefined,
    entered: StoredConversation,
    items: StoredConversation['items'],
  ): Promise<void> {
    // What is there and cannot be read now is as it was: no other request of this process is at work on it.
    const now = await this.get(keyId, entered.id).catch(() => entered);
    // Deleted meanwhile: it stays deleted.
    if (now !== undefined) await this.keep(keyId, { ...now, items: [...now.items, ...items] });
  }
}

/**
 * Undefined for what no version of the bridge has written under this id: who writes to Redis could write anything there. Rejects as
 * `fromSharedJson`.
 */
async function parse(json: string, id: string): Promise<StoredConversation | undefined> {
  if (json.length > MAX_SHARED_CHARACTERS) return undefined;
  const conversation = shape.safeParse(await fromSharedJson(json)).data;
  return conversation?.id === id ? conversation : undefined;
}

function toKey(keyId: string | undefined, id: string): string {
  return `conversation:${keyId ?? ''} ${id}`;
}

function idOf(named: NonNullable<ResponsesFields['conversation']>): string {
  return typeof named === 'string' ? named : named.id;
}

export function conversationNotFound(id: string): Fault {
  return new Fault('not-found', `Conversation with id '${id}' not found.`, { param: id });
}

function bothNamed(): Fault {
  const message =
    "Mutually exclusive parameters: 'conversation' and 'previous_response_id'. Send one of them, as a conversation holds its own history.";
  return new Fault('bad-request', message, {
    param: 'conversation',
    reason: 'mutually_exclusive_parameters',
  });
}

/** In OpenAI's own words, which clients wait and try again for. */
function locked(): Fault {
  const message =
    'Another process is currently operating on this conversation. Please retry in a few seconds.';
  return new Fault('bad-request', message, { param: 'conversation', reason: 'conversation_locked' });
}

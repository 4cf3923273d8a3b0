/** Gives a turn the answer to an earlier one that asked the same, where the configuration wants that. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Event } from '../../core/event.js';
import { foundModel } from '../../core/model.js';
import type { Part, TurnRequest } from '../../core/request.js';
import type { ReplicaStore } from '../../shared/replica-store.js';
import { AnswerRecorder, MAX_ANSWER_BYTES, parseAnswer, toEvents } from './kept-answer.js';

export interface AnswerCacheLimits {
  /** How long an answer is given again, in ms; 0 keeps none. Read for every turn. */
  readonly answerCacheTtlMs: number;
}

/** Longer requests are not looked up: hashing them would block the event loop. In characters, images included. */
const MAX_CHARACTERS = 2 ** 20;

/** Turns that ask the same at the same time are not merged: each runs, and the last is kept. */
export class AnswerCache {
  readonly #store: AnswerStore;
  readonly #hid: string;
  readonly #limits: AnswerCacheLimits;

  constructor(store: AnswerStore, hid: string, limits: AnswerCacheLimits) {
    this.#store = store;
    this.#hid = hid;
    this.#limits = limits;
  }

  /** The place of the answer to `request`; undefined where it may not come from an earlier turn. */
  entryFor(request: TurnRequest): CacheEntry | undefined {
    if (!isCacheable(request)) return undefined;
    return new CacheEntry(this.#store, answerKey(this.#hid, request), this.#limits);
  }
}

/** The answer to one request. Only one that came to its end by itself (`stop`, `length`) is kept. */
export class CacheEntry {
  readonly #store: AnswerStore;
  readonly #key: string;
  readonly #limits: AnswerCacheLimits;
  readonly #recorder = new AnswerRecorder();
  #isMarked = false;

  constructor(store: AnswerStore, key: string, limits: AnswerCacheLimits) {
    this.#store = store;
    this.#key = key;
    this.#limits = limits;
  }

  /** The turn that is kept, as one batch, with a `ready` of its own in front; undefined if there is none. */
  async find(): Promise<readonly Event[] | undefined> {
    const json = await this.#store.get(this.#key);
    const kept = json === undefined ? undefined : parseAnswer(json);
    return kept && toEvents(kept);
  }

  /** Records a batch of the turn that was run instead, and marks the first with a `ready` of its own. */
  record(batch: readonly Event[]): readonly Event[] {
    const answer = this.#recorder.record(batch);
    // Asked for before the client can know the end, so that its next request finds it; nothing waits for it.
    if (answer) void this.#keep(JSON.stringify(answer));
    if (this.#isMarked) return batch;
    this.#isMarked = true;
    // The mark comes with the turn's own first events: a `ready` before them would say that the worker is up.
    return [{ type: 'ready', cache: 'miss' }, ...batch];
  }

  async #keep(json: string): Promise<void> {
    const { answerCacheTtlMs } = this.#limits;
    if (answerCacheTtlMs === 0 || Buffer.byteLength(json) > MAX_ANSWER_BYTES) return;
    await this.#store.set(this.#key, json, answerCacheTtlMs);
  }
}

/**
 * Only a request for the same answer each time (temperature 0), which depends on nothing but the request: no probabilities, no tools of the
 * client or the worker, no folder, and no conversation with a name, which a client wants gone on with. Images count as characters.
 */
function isCacheable(request: TurnRequest): boolean {
  const { sampling, tools, rights, sessionHint, messages, system = '' } = request;
  if (sampling.topLogprobs !== undefined) return false;
  if (sampling.temperature !== 0 || tools.length > 0 || sessionHint !== undefined) return false;
  if (rights !== undefined && (rights.workerTools !== 'none' || rights.cwd !== undefined)) return false;
  let characters = system.length;
  for (const message of messages) {
    for (const part of message.content) characters += lengthOf(part);
    if (message.role === 'assistant') for (const { input } of message.toolCalls) characters += input.length;
    if (characters > MAX_CHARACTERS) return false;
  }
  return characters <= MAX_CHARACTERS;
}

/** The same for two requests of one hive, API key and model that ask the same: but for the order of keys, all counts. */
function answerKey(hid: string, request: TurnRequest): string {
  const { caller, resolved, rights, sessionScope, system, messages, sampling, format, truncate, original } =
    request;
  const asked = [
    hid,
    caller?.keyId ?? null,
    sessionScope ?? null,
    rights?.workerTools ?? 'none',
    rights?.cwd ?? null,
    foundModel(resolved)?.target ?? request.model,
    system ?? null,
    messages,
    sampling,
    format ?? null,
    original?.settings ?? null,
    truncate,
  ];
  return createHash('sha256').update(JSON.stringify(asked, sortKeys)).digest('base64url');
}

function lengthOf(part: Part): number {
  if (part.type === 'text') return part.text.length;
  return 'data' in part ? part.data.length : part.url.length;
}

/** A replacer for `JSON.stringify`: objects with their keys in order. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Where answers are kept, as JSON. */
export interface AnswerStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, json: string, ttlMs: number): Promise<void>;
}

const MAX_BYTES = 64 * 2 ** 20;

/** Bounded by bytes: what was asked for least recently goes first. */
export class MemoryAnswers implements AnswerStore {
  readonly #answers = new LRUCache<string, string>({
    maxSize: MAX_BYTES,
    sizeCalculation: (json, key) => Buffer.byteLength(json) + key.length,
    ttlResolution: 0,
  });

  async get(key: string): Promise<string | undefined> {
    return this.#answers.get(key);
  }

  async set(key: string, json: string, ttlMs: number): Promise<void> {
    this.#answers.set(key, json, { ttl: ttlMs });
  }
}

/** In what the replicas share, and in memory while that is gone. */
export class SharedAnswers implements AnswerStore {
  readonly #replicas: ReplicaStore;
  readonly #own = new MemoryAnswers();

  constructor(replicas: ReplicaStore) {
    this.#replicas = replicas;
  }

  async get(key: string): Promise<string | undefined> {
    const reply = await this.#replicas.get(sharedKey(key));
    return reply === 'gone' ? this.#own.get(key) : reply.value;
  }

  async set(key: string, json: string, ttlMs: number): Promise<void> {
    const reply = await this.#replicas.set([[sharedKey(key), json]], ttlMs);
    if (reply === 'gone') await this.#own.set(key, json, ttlMs);
  }
}

function sharedKey(key: string): string {
  return `answer:${key}`;
}

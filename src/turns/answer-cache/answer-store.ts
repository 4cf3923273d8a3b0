/** Where answers are kept, as JSON: in memory, or in what the replicas share and in memory while that is gone. */
import { LRUCache } from 'lru-cache';
import type { ReplicaStore } from '../../shared/replica-store.js';

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

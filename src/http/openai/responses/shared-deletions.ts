/** Deletions that all replicas have to know of: a mark stands in the store where something was, and one that could not be set is set later. */
import { LRUCache } from 'lru-cache';
import type { ReplicaStore } from '../../../shared/replica-store.js';
import { MAX_AGE_MS } from './store.js';

/** Stands where something was deleted, so that no replica gives its own copy of it. */
export const DELETED = '';

const MAX_PENDING = 10_000;

export class SharedDeletions {
  readonly #replicas: ReplicaStore;
  /** Those that could not be shared yet. */
  readonly #pending = new LRUCache<string, true>({ max: MAX_PENDING });

  constructor(replicas: ReplicaStore) {
    this.#replicas = replicas;
    replicas.onBack(() => void this.#share());
  }

  /** True for what was deleted here while the store was gone. */
  isPending(key: string): boolean {
    return this.#pending.has(key);
  }

  /** False: the store had nothing under this key, or is gone. */
  async delete(key: string): Promise<boolean> {
    const reply = await this.#replicas.replace(key, DELETED, MAX_AGE_MS);
    if (reply === 'gone') this.#pending.set(key, true);
    return reply !== 'gone' && reply.value !== undefined && reply.value !== DELETED;
  }

  async #share(): Promise<void> {
    for (const key of [...this.#pending.keys()]) {
      if ((await this.#replicas.replace(key, DELETED, MAX_AGE_MS)) === 'gone') return;
      this.#pending.delete(key);
    }
  }
}

/** What the replicas of a hive share: values that age, counters and messages, in a store that may be gone. */
import type { z } from 'zod';

/** What came of asking: a value, or `gone` where the store does not answer now. Asking never throws. */
export type Reply<T> = { readonly value: T } | 'gone';

/** How the replicas of one hive tell each other what has happened, as one of them sees it. */
export interface ReplicaChannel {
  /** The name of this replica among the others; new with each start. */
  readonly replicaId: string;
  /** Tells all replicas that listen now; this one too, or not. Never rejects. */
  publish(channel: string, message: string): Promise<unknown>;
  /** Messages that were published while the others could not be reached are lost. */
  subscribe(channel: string, listener: (message: string) => void): void;
}

/** One hive's part of the store, as one of its replicas sees it. Whatever is asked is answered within about a second. */
export interface ReplicaStore extends ReplicaChannel {
  /** False: whatever is asked now is answered with `gone`. */
  readonly isThere: boolean;
  get(key: string): Promise<Reply<string | undefined>>;
  /** Reads a value and removes it: of several replicas that take it at once, one gets it. */
  take(key: string): Promise<Reply<string | undefined>>;
  /** Keeps several values for `ttlMs`. */
  set(entries: readonly (readonly [key: string, value: string])[], ttlMs: number): Promise<Reply<undefined>>;
  /** Keeps a value and gives the one that stood there before. */
  replace(key: string, value: string, ttlMs: number): Promise<Reply<string | undefined>>;
  /**
   * Adds to the counters of a table, all or none. False: the table holds `maxCounters`, and the first of `counts` is not
   * among them.
   */
  add(key: string, counts: ReadonlyMap<string, number>, limits: TableLimits): Promise<Reply<boolean>>;
  /** All counters of a table. */
  counts(key: string): Promise<Reply<ReadonlyMap<string, number>>>;
  /** Tells all replicas that listen now, this one too. */
  publish(channel: string, message: string): Promise<Reply<undefined>>;
  /** Calls `listener` whenever the store can be reached again. */
  onBack(listener: () => void): void;
}

export interface TableLimits {
  readonly maxCounters: number;
  /** How long the table is kept after the last addition, in ms. */
  readonly ttlMs: number;
}

/** A longer value is none of ours, in characters. */
export const MAX_SHARED_CHARACTERS = 4 * 2 ** 20;

/**
 * Reads a value that some process of this project has written, now or in an earlier version. Undefined for text that is no
 * JSON, is too long, or has another shape.
 */
export function parseShared<T>(shape: z.ZodType<T>, json: string): T | undefined {
  if (json.length > MAX_SHARED_CHARACTERS) return undefined;
  try {
    return shape.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

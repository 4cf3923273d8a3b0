/** How many requests one caller may make in a minute. */
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Fault } from '../../core/fault.js';
import { createSharedLimiter, type LimiterStore } from '../../shared/shared-limiter.js';

/** Read for every request. */
export interface RateLimits {
  /** At least 1 while requests are counted. */
  readonly requestsPerMinute: number;
}

/** How a caller stands after a request. */
export interface Rate {
  /** Requests in a minute. */
  readonly limit: number;
  /** How many are left; 0 for the last one that is taken, and for those that are not. */
  readonly remaining: number;
  /** When all of them may be made again, in ms from now. */
  readonly resetMs: number;
  readonly isOver: boolean;
}

const WINDOW_SECONDS = 60;

export class RateLimit {
  readonly #limits: RateLimits;
  readonly #store: LimiterStore | undefined;
  /** Counts in this process; in Redis it is the shared limiter that counts, as long as that can be asked. */
  #own: RateLimiterMemory;
  #limiter: RateLimiterAbstract;

  /** @param store what the replicas of a hive count in; absent where there is no Redis */
  constructor(limits: RateLimits, store?: LimiterStore) {
    this.#limits = limits;
    this.#store = store;
    this.#own = createOwnLimiter(limits.requestsPerMinute);
    this.#limiter = this.#toLimiter(this.#own);
  }

  /** Counts a request. Rejects with whatever went wrong in counting. @param caller the id of a key, or an address */
  async count(caller: string): Promise<Rate> {
    const limit = this.#limits.requestsPerMinute;
    if (limit !== this.#own.points) this.#changeLimit(limit);
    const { remainingPoints, msBeforeNext, isOver } = await this.#consume(caller);
    return { limit, remaining: Math.max(0, remainingPoints), resetMs: Math.max(0, msBeforeNext), isOver };
  }

  /** What was counted stays counted. */
  #changeLimit(requestsPerMinute: number): void {
    const counted = this.#own.dump();
    this.#own = createOwnLimiter(requestsPerMinute);
    this.#own.restore(counted);
    this.#limiter = this.#toLimiter(this.#own);
  }

  #toLimiter(own: RateLimiterMemory): RateLimiterAbstract {
    return this.#store === undefined ? own : createSharedLimiter(this.#store, own);
  }

  async #consume(caller: string) {
    try {
      const { remainingPoints, msBeforeNext } = await this.#limiter.consume(caller);
      return { remainingPoints, msBeforeNext, isOver: false };
    } catch (reason) {
      if (!(reason instanceof RateLimiterRes)) throw reason;
      return { remainingPoints: 0, msBeforeNext: reason.msBeforeNext, isOver: true };
    }
  }
}

function createOwnLimiter(requestsPerMinute: number): RateLimiterMemory {
  return new RateLimiterMemory({ points: requestsPerMinute, duration: WINDOW_SECONDS });
}

/** For a request that is over the limit. Nothing has been done for it, so that another try costs nothing. */
export function tooManyRequests({ limit, resetMs }: Rate): Fault {
  const seconds = Math.max(1, Math.ceil(resetMs / 1_000));
  const message = `Rate limit reached: at most ${limit} requests per minute. Please try again in ${seconds}s.`;
  return new Fault('rate-limited', message, { retryAfterSeconds: seconds });
}

/**
 * Tells a client how many requests it has left, by OpenAI's names (src/http/openai/README.md, "Headers"), which others read
 * as well.
 */
export function toRateHeaders({ limit, remaining, resetMs }: Rate): Readonly<Record<string, string>> {
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': toDuration(resetMs),
  };
}

/** Go's way to write a time: `12ms`, `59s`, `1m0s`. From a second on whole seconds, rounded up. */
function toDuration(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

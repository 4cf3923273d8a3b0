/** How many requests one caller may make in a minute. */
import { Fault } from '../../core/fault.js';
import type { CountedRequests, LimiterStore } from '../../shared/shared-limiter.js';
import { type Clock, systemClock } from '../clock.js';

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

const WINDOW_MS = 60_000;
/** Who is counted at a time in this process. Past that, whose window ends first begins anew. */
const MAX_CALLERS = 100_000;

interface Window {
  count: number;
  /** Of the monotonic clock. */
  readonly endsAt: number;
}

export class RateLimit {
  readonly #limits: RateLimits;
  readonly #store: LimiterStore | undefined;
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** What this process counts itself: everything, or what Redis could not be asked for. In the order in which they end. */
  readonly #windows = new Map<string, Window>();

  /** @param store what the replicas of a hive count in; absent where there is no Redis */
  constructor(limits: RateLimits, store?: LimiterStore, clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#limits = limits;
    this.#store = store;
    this.#clock = clock;
  }

  /** Counts a request. Never rejects. @param caller the id of a key, or an address */
  async count(caller: string): Promise<Rate> {
    const limit = this.#limits.requestsPerMinute;
    const shared = await this.#store?.count(caller, WINDOW_MS);
    const { count, leftMs } = shared === undefined || shared === 'gone' ? this.#count(caller) : shared.value;
    return { limit, remaining: Math.max(0, limit - count), resetMs: leftMs, isOver: count > limit };
  }

  #count(caller: string): CountedRequests {
    const now = this.#clock.monotonic();
    for (const [ended, { endsAt }] of this.#windows) {
      if (endsAt > now && this.#windows.size <= MAX_CALLERS) break;
      this.#windows.delete(ended);
    }
    let window = this.#windows.get(caller);
    if (window === undefined) {
      window = { count: 0, endsAt: now + WINDOW_MS };
      this.#windows.set(caller, window);
    }
    window.count++;
    return { count: window.count, leftMs: window.endsAt - now };
  }
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

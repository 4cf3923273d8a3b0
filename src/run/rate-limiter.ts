/** Makes what counts a hive's requests: within this process, or together with its replicas. */
import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import type { RateLimits } from '../http/guards/rate-limit.js';
import type { LimiterStore } from '../shared/limiter-store.js';
import { createSharedLimiter } from '../shared/shared-limiter.js';

const WINDOW_SECONDS = 60;

/** The limiter allows what `limits` say at each request. @param store absent where there is no Redis */
export function createRateLimiter(limits: RateLimits, store: LimiterStore | undefined): RateLimiterAbstract {
  const own = new RateLimiterMemory({ points: limits.requestsPerMinute, duration: WINDOW_SECONDS });
  follow(own, limits);
  if (store === undefined) return own;
  const shared = createSharedLimiter(store, own);
  follow(shared, limits);
  return shared;
}

/** The library asks its own property at each request. */
function follow(limiter: RateLimiterAbstract, limits: RateLimits): void {
  Object.defineProperty(limiter, 'points', { get: () => limits.requestsPerMinute });
}

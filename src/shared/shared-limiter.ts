/** A rate limit that replicas count together; while Redis is gone each counts alone. */
import { type RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { LimiterStore } from './limiter-store.js';

/** @param own counts while Redis is gone; its points and duration are those of the shared limit, too */
export function createSharedLimiter(store: LimiterStore, own: RateLimiterMemory): RateLimiterRedis {
  return new RateLimiterRedis({
    storeClient: store,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    keyPrefix: store.keyPrefix,
    points: own.points,
    duration: own.duration,
    insuranceLimiter: own,
  });
}

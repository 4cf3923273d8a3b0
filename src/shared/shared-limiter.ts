/** A rate limit that the replicas of a hive count together; while Redis is down each counts alone. */
import { type RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { RedisLink } from './redis-link.js';

/** Where the library counts: a client of the kind that it takes, with our connection and our timeouts. */
export class LimiterStore {
  readonly #link: RedisLink;
  /** Begins the keys of a hive. */
  readonly keyPrefix: string;

  constructor(link: RedisLink, hid: string) {
    this.#link = link;
    this.keyPrefix = `thrum-bridge:${hid}:rate`;
  }

  /** The library asks for this before each command. */
  get isReady(): boolean {
    return this.#link.isUp;
  }

  /** Rejects where Redis is down: then the library counts in its insurance. */
  async eval(
    script: string,
    options: { readonly keys: string[]; readonly arguments: string[] },
  ): Promise<unknown> {
    const reply = await this.#link.ask((client) => client.eval(script, options));
    if (reply === 'gone') throw new Error('Redis is gone');
    return reply.value;
  }
}

/** @param own counts while Redis is down; its points and duration are those of the shared limit, too */
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

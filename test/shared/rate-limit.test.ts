/** Requests that replicas count together, in a real Redis. */
import { createClient } from '@redis/client';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RateLimit } from '../../src/http/guards/rate-limit.js';
import { openSharedState } from '../../src/run/shared-state.js';
import { eventually } from '../eventually.js';
import { redisServer, startRedis } from './redis-server.js';

/** The limit of one replica: three requests in a minute. */
async function startLimiter(REDIS_URL: string, hid = 'fbee_test') {
  const shared = await openSharedState({ REDIS_URL }, pino({ level: 'silent' }));
  onTestFinished(() => shared?.close());
  if (!shared) expect.fail('there is no Redis');
  const limit = new RateLimit({ requestsPerMinute: 3 }, shared.of(hid).limiterStore);
  return async (key: string) => {
    const { isOver, remaining, resetMs } = await limit.count(key);
    if (!isOver) return remaining;
    return resetMs > 0 && resetMs <= 60_000 ? 'refused' : 'broken';
  };
}

describe.skipIf(redisServer.isSkipped)(`a rate limit that replicas share${redisServer.note}`, () => {
  it('counts the requests of a key at all of them, and those of other keys and hives apart', async () => {
    const { url } = await startRedis();
    const [first, second, other] = [
      await startLimiter(url),
      await startLimiter(url),
      await startLimiter(url, 'fbee_other'),
    ];
    expect([await first('a'), await second('a'), await first('a')]).toEqual([2, 1, 0]);
    expect([await first('a'), await second('a')]).toEqual(['refused', 'refused']);
    expect([await second('b'), await other('a')]).toEqual([2, 2]);
  });

  it('is counted by each replica while Redis is gone, and together again when it is back', async () => {
    const redis = await startRedis();
    const [first, second] = [await startLimiter(redis.url), await startLimiter(redis.url)];
    await redis.kill();
    expect([await first('a'), await second('a'), await first('a')]).toEqual([2, 2, 1]);
    await redis.start();
    let n = 0;
    await eventually(async () => {
      const key = `again ${n++}`;
      expect([await first(key), await second(key)]).toEqual([2, 1]);
    });
  });

  it('is counted by each replica where Redis answers what nobody asked for', async () => {
    const { url } = await startRedis();
    const client = await createClient({ socket: { path: new URL(url).pathname, tls: false } }).connect();
    onTestFinished(() => client.destroy());
    const [first, second] = [await startLimiter(url), await startLimiter(url)];
    await client.set('thrum-bridge:fbee_test:rate:a', 'many');
    expect([await first('a'), await second('a')]).toEqual([2, 2]);
    await client.set('thrum-bridge:fbee_test:rate:b', '3', { PX: 2 ** 45 });
    expect(await first('b')).toBe('refused');
  });
});

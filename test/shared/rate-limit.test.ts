/** Also the coupling to what the library asks of a client: `isReady` before each command, and `eval` with keys and arguments. */
import { pino } from 'pino';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSharedLimiter } from '../../src/shared/shared-limiter.js';
import { openSharedState } from '../../src/run/shared-state.js';
import { eventually } from '../eventually.js';
import { redisServer, startRedis } from './redis-server.js';

/** The limiter of one replica: three requests in a minute. */
async function startLimiter(REDIS_URL: string, hid = 'fbee_test') {
  const shared = await openSharedState({ REDIS_URL }, pino({ level: 'silent' }));
  onTestFinished(() => shared?.close());
  if (!shared) expect.fail('there is no Redis');
  const limiter = createSharedLimiter(
    shared.of(hid).limiterStore,
    new RateLimiterMemory({ points: 3, duration: 60 }),
  );
  return (key: string) =>
    limiter.consume(key).then(
      ({ remainingPoints }) => remainingPoints,
      ({ msBeforeNext }) => (msBeforeNext > 0 ? 'refused' : 'broken'),
    );
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
});

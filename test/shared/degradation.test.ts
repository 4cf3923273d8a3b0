import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSharedState } from '../../src/run/shared-state.js';
import { eventually } from '../eventually.js';
import { withFrozenTimers } from '../frozen-timers.js';
import { chat } from '../front-door/world.js';
import { redisServer, startRedis } from './redis-server.js';
import { bodyOf, type Replica, startReplicas } from './replicas.js';

/** A log whose lines a test can read. */
function readableLog() {
  const lines: string[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk) => lines.push(String(chunk)));
  const about = (what: string) =>
    lines.map((line) => Object(JSON.parse(line))).filter(({ msg }) => String(msg).startsWith(what));
  return {
    log: pino({ level: 'trace' }, stream),
    text: () => lines.join(''),
    about: (what: string) => about(what).map(({ msg }) => msg),
    reasons: (what: string) => about(what).map(({ reason }) => reason),
  };
}

const hinted = chat('one', { prompt_cache_key: 'u1', temperature: 0 });
const stored = { model: 'claude-sonnet-4', input: 'one' };

/** What a turn says that has everything to do with what is shared. */
async function say(replica: Replica): Promise<string> {
  const { choices } = await bodyOf(replica.post('/v1/chat/completions', hinted));
  const { id, output } = await bodyOf(replica.post('/v1/responses', stored));
  expect((await replica.get(`/v1/responses/${id}`)).status).toBe(200);
  return `${choices[0].message.content} ${output[0].content[0].text}`;
}

/** Resolves when the second replica knows what the first has made. */
function untilShared(first: Replica, second: Replica): Promise<void> {
  return eventually(async () => {
    const { id } = await bodyOf(first.post('/v1/responses', stored));
    expect((await second.get(`/v1/responses/${id}`)).status).toBe(200);
  });
}

describe.skipIf(redisServer.isSkipped)(`a Redis that is gone${redisServer.note}`, () => {
  it('when the bridge starts is a warning, and is used once it is there', async () => {
    const redis = await startRedis();
    await redis.kill();
    const { log, about } = readableLog();
    const { first, second } = await startReplicas({ redisUrl: redis.url, log });
    expect(about('Redis is gone')).toHaveLength(2);
    expect(await say(first)).toBe('one one');
    await redis.start();
    await untilShared(first, second);
    expect(about('Redis is gone')).toHaveLength(2);
    expect(about('Redis is back')).toHaveLength(2);
  });

  it('in the middle of turns fails none of them', async () => {
    const redis = await startRedis();
    const { first, second } = await startReplicas({ redisUrl: redis.url });
    const saying: Promise<string>[] = [];
    for (let n = 0; n < 20; n++) {
      saying.push(say(n % 2 === 0 ? first : second));
      if (n === 10) await redis.kill();
    }
    expect(new Set(await Promise.all(saying))).toEqual(new Set(['one one']));
    await redis.start();
    await untilShared(first, second);
  });

  it('because it hangs holds a turn up for a moment, once, and the next ones not at all', async () => {
    const { log, reasons } = readableLog();
    const redis = await startRedis();
    const { first, second } = await startReplicas({ redisUrl: redis.url, log });
    redis.pause();
    onTestFinished(redis.resume);
    expect(await say(first)).toBe('one one');
    expect(reasons('Redis is gone')).toContain('no answer within 500 ms');
    // With nothing that could end a wait for Redis, a turn that waited would never end.
    await withFrozenTimers(async () => {
      for (let n = 0; n < 3; n++) expect(await say(first)).toBe('one one');
    });
    expect((await first.get('/v1/usage')).status).toBe(200);
    redis.resume();
    await untilShared(first, second);
  });

  it('because it takes no more values changes no answer', async () => {
    const { log, about } = readableLog();
    const redis = await startRedis('--maxmemory', '1');
    const { first } = await startReplicas({ redisUrl: redis.url, log });
    expect(await say(first)).toBe('one one');
    expect(about('Redis refuses')).toHaveLength(1);
  });
});

describe.skipIf(redisServer.isSkipped)(`a password of Redis${redisServer.note}`, () => {
  it('is used, and stands in no line of the log, right or wrong', async () => {
    const redis = await startRedis('--requirepass', 'open-sesame');
    const withPassword = (password: string) => redis.url.replace('unix://', `unix://:${password}@`);
    for (const [password, isRight] of [
      ['open-sesame', true],
      ['close-sesame', false],
    ] as const) {
      const { log, text, about } = readableLog();
      const shared = await openSharedState({ REDIS_URL: withPassword(password) }, log);
      onTestFinished(() => shared?.close());
      expect(shared?.of('hid').replicas.isThere).toBe(isRight);
      expect(about('Redis is gone')).toHaveLength(isRight ? 0 : 1);
      expect(text()).not.toContain('sesame');
    }
  });
});

describe('REDIS_URL', () => {
  const { log } = readableLog();

  it.each(['sesame', 'http://me:sesame@host', 'redis://me:sesame@host:99999', 'redis://me:sesame%zz@host'])(
    'that is no address is a configuration error that does not repeat it: %s',
    async (url) => {
      const opening = openSharedState({ REDIS_URL: url }, log);
      await expect(opening).rejects.toThrow(/^REDIS_URL must be redis:\/\//);
      await expect(opening).rejects.not.toThrow('sesame');
      await expect(opening).rejects.toMatchObject({ name: 'ConfigError' });
    },
  );

  it.each([undefined, '', ' '])('that says nothing connects nothing: %j', async (url) => {
    expect(await openSharedState({ REDIS_URL: url }, log)).toBeUndefined();
  });
});

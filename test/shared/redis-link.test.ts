import { createClient } from '@redis/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSharedState } from '../../src/run/shared-state.js';
import type { ReplicaStore } from '../../src/shared/replica-store.js';
import { eventually } from '../eventually.js';
import { type LogLines, readableLog } from '../log-lines.js';
import { redisServer, startRedis } from './redis-server.js';

const HID = 'fbee_test';
/** Longer than a dead connection takes to be noticed. */
const NOTICE_MS = 15_000;

/** The store of one replica. */
async function openStore(REDIS_URL: string, { log }: LogLines = readableLog()): Promise<ReplicaStore> {
  const shared = await openSharedState({ REDIS_URL }, log);
  onTestFinished(() => shared?.close());
  if (!shared) expect.fail('there is no Redis');
  return shared.of(HID).replicas;
}

function listen(store: ReplicaStore, channel: string): readonly string[] {
  const messages: string[] = [];
  store.subscribe(channel, (message) => messages.push(message));
  return messages;
}

/** Publishes until it has been received: nothing tells when a subscription is in force. */
function untilReceived(publisher: ReplicaStore, channel: string, received: readonly string[], text: string) {
  return eventually(async () => {
    await publisher.publish(channel, text);
    expect(received).toContain(text);
  });
}

describe.skipIf(redisServer.isSkipped)(`a channel of Redis${redisServer.note}`, () => {
  it('that is subscribed to during the greeting gets its messages, after a reconnect too', async () => {
    const redis = await startRedis();
    // The connection is accepted, and its greeting not answered.
    redis.pause();
    onTestFinished(redis.resume);
    const store = await openStore(redis.url);
    expect(store.isThere).toBe(false);
    const received = listen(store, 'news');
    redis.resume();
    const publisher = await openStore(redis.url);
    await untilReceived(publisher, 'news', received, 'first');
    await redis.kill();
    await redis.start();
    await untilReceived(publisher, 'news', received, 'second');
  });

  it('that is subscribed to while Redis is down gets its messages, and so do those from before', async () => {
    const redis = await startRedis();
    const store = await openStore(redis.url);
    const publisher = await openStore(redis.url);
    const before = listen(store, 'before');
    await redis.kill();
    await eventually(() => expect(store.isThere).toBe(false));
    const meanwhile = listen(store, 'meanwhile');
    await redis.start();
    await untilReceived(publisher, 'meanwhile', meanwhile, 'one');
    await untilReceived(publisher, 'before', before, 'two');
    expect(meanwhile).not.toContain('two');
  });

  it('is heard by all its listeners, should one of them fail', async () => {
    const redis = await startRedis();
    const log = readableLog();
    const store = await openStore(redis.url, log);
    store.subscribe('news', () => {
      throw new Error('broken');
    });
    const received = listen(store, 'news');
    await untilReceived(store, 'news', received, 'hello');
    expect(log.saying('a listener to Redis failed').length).toBeGreaterThan(0);
    expect(await store.set([['key', 'value']], 1_000)).toEqual({ value: undefined });
    expect(log.saying('Redis is gone')).toEqual([]);
  });
});

describe.skipIf(redisServer.isSkipped)(`a connection to Redis${redisServer.note}`, () => {
  it('that is dead is given up although nothing is asked over it', async () => {
    const redis = await startRedis();
    const log = readableLog();
    const store = await openStore(redis.url, log);
    const received = listen(store, 'news');
    await untilReceived(store, 'news', received, 'before');
    redis.pause();
    onTestFinished(redis.resume);
    await eventually(() => expect(log.saying('Redis is gone')).toHaveLength(1), NOTICE_MS);
    redis.resume();
    await eventually(() => expect(log.saying('Redis is back')).toHaveLength(1), NOTICE_MS);
    await untilReceived(store, 'news', received, 'after');
  });

  it('on which a command is not answered takes all others with it, and Redis is asked again when it answers', async () => {
    const redis = await startRedis();
    const log = readableLog();
    const store = await openStore(redis.url, log);
    redis.pause();
    onTestFinished(redis.resume);
    const hundred = Array.from({ length: 100 }, (_, at) => store.get(String(at)));
    expect(new Set(await Promise.all(hundred))).toEqual(new Set(['gone']));
    expect(store.isThere).toBe(false);
    expect(await store.get('another')).toBe('gone');
    redis.resume();
    await eventually(async () => expect(await store.get('another')).toEqual({ value: undefined }));
    expect(log.lines.map(({ msg }) => msg.split(':')[0])).toEqual(['Redis is gone', 'Redis is back']);
  });
});

/** All that can be asked of a store, with `key` where there is one. */
const ASKED: Readonly<Record<string, (store: ReplicaStore, key: string) => Promise<unknown>>> = {
  get: (store, key) => store.get(key),
  take: (store, key) => store.take(key),
  set: (store, key) => store.set([[key, 'value']], 1_000),
  replace: (store, key) => store.replace(key, 'value', 1_000),
  add: (store, key) => store.add(key, new Map([['a', 1]]), { maxCounters: 10, ttlMs: 1_000 }),
  counts: (store, key) => store.counts(key),
  publish: (store, key) => store.publish(key, 'message'),
};

/** What each of them comes to. */
async function askAll(store: ReplicaStore, key: string): Promise<Readonly<Record<string, unknown>>> {
  const answers = Object.entries(ASKED).map(async ([name, ask]) => [name, await ask(store, key)]);
  return Object.fromEntries(await Promise.all(answers));
}

const ALL_GONE = Object.fromEntries(Object.keys(ASKED).map((name) => [name, 'gone']));

/** A client that is none of ours. */
async function openForeignClient(url: string) {
  const client = createClient({ socket: { path: url.replace('unix://', ''), tls: false } });
  onTestFinished(() => client.destroy());
  return client.connect();
}

describe.skipIf(redisServer.isSkipped)(`a store in Redis${redisServer.note}`, () => {
  it('answers `gone` and does not throw once its connection is closed, also for the second time', async () => {
    const redis = await startRedis();
    const shared = await openSharedState({ REDIS_URL: redis.url }, readableLog().log);
    if (!shared) expect.fail('there is no Redis');
    const store = shared.of(HID).replicas;
    await shared.close();
    await shared.close();
    expect(await askAll(store, 'key')).toEqual(ALL_GONE);
  });

  it('answers `gone` and does not throw where Redis was killed', async () => {
    const redis = await startRedis();
    const store = await openStore(redis.url);
    await redis.kill();
    expect(await askAll(store, 'key')).toEqual(ALL_GONE);
  });

  it('answers `gone` and does not throw where Redis permits nothing', async () => {
    const redis = await startRedis();
    const log = readableLog();
    const store = await openStore(redis.url, log);
    const foreign = await openForeignClient(redis.url);
    await foreign.aclSetUser('default', ['-@all', '+hello', '+ping']);
    expect(await askAll(store, 'key')).toEqual(ALL_GONE);
    expect(log.saying('Redis refuses')).toHaveLength(1);
    expect(store.isThere).toBe(true);
  });

  it('answers and does not throw where another program has put something else', async () => {
    const redis = await startRedis();
    const store = await openStore(redis.url);
    const foreign = await openForeignClient(redis.url);
    const place = (key: string) => `thrum-bridge:${HID}:${key}`;
    for (const name of Object.keys(ASKED)) {
      await foreign.set(place('text'), 'no number');
      await foreign.lPush(place('list'), 'element');
      await foreign.hSet(place('table'), { a: 'no number', b: '7' });
      for (const key of ['text', 'list', 'table']) {
        const answer = await ASKED[name]?.(store, key);
        expect(answer === 'gone' || Object.hasOwn(Object(answer), 'value'), `${name} ${key}`).toBe(true);
        await foreign.del(place(key));
      }
    }
  });

  it('counts what are numbers', async () => {
    const redis = await startRedis();
    const store = await openStore(redis.url);
    const foreign = await openForeignClient(redis.url);
    await foreign.hSet(`thrum-bridge:${HID}:table`, { a: 'no number', b: '7' });
    expect(await store.counts('table')).toEqual({ value: new Map([['b', 7]]) });
  });

  it.each([0, 0.2, 1_000.7])(
    'keeps things for a time that need be no whole number of ms: %d',
    async (ttlMs) => {
      const store = await openStore((await startRedis()).url);
      expect(await store.set([['set', 'value']], ttlMs)).toEqual({ value: undefined });
      expect(await store.replace('replaced', 'value', ttlMs)).toEqual({ value: undefined });
      const limits = { maxCounters: 1, ttlMs };
      expect(await store.add('table', new Map([['a', 1]]), limits)).toEqual({ value: true });
    },
  );
});

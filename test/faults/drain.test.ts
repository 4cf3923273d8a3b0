/** How a bridge stops: it says so, then refuses, then waits, then cancels, then gives the port back. */
import { describe, expect, it } from 'vitest';
import type { Bridge } from '../../src/run/bridge.js';
import { eventually } from '../eventually.js';
import { chat, script, startWorld, type World } from '../front-door/world.js';
import { rawClient, statusesIn } from './raw-client.js';

const statusOf = async (world: World, path: string) => (await fetch(world.url + path)).status;

/** A stream that has begun. */
async function startStream(world: World, steps: Readonly<Record<string, unknown>>): Promise<Response> {
  return world.post('/api/chat', chat(script(steps)));
}

/** Begins to stop, and resolves when new requests are refused. */
async function refusing(world: World, bridge: Bridge): Promise<void> {
  void bridge.close();
  await eventually(async () => expect(await statusOf(world, '/api/version')).toBe(503));
}

describe('a bridge that stops', () => {
  it('says no on /readyz first, while it still takes requests, for drainDelayMs', async () => {
    const world = await startWorld({ config: { drainDelayMs: 1_000 } });
    expect(await statusOf(world, '/readyz')).toBe(200);
    const closed = world.bridge.close();
    const ready = await fetch(`${world.url}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, 'draining']);
    expect(await statusOf(world, '/healthz')).toBe(200);
    const taken = await world.post('/api/chat', chat('hi', { stream: false }));
    expect([taken.status, taken.headers.get('connection')]).toEqual([200, 'close']);
    await closed;
  });

  it('then refuses new ones with a 503 and closes their connections, while those that run go on to their end', async () => {
    const world = await startWorld({ config: { drainMs: 10_000 } });
    const stream = await startStream(world, { n: 30, ms: 100 });
    await refusing(world, world.bridge);
    for (const path of ['/api/chat', '/v1/chat/completions', '/v1/messages']) {
      const refused = await world.post(path, chat('hi'));
      expect([refused.status, refused.headers.get('connection'), refused.headers.get('retry-after')]).toEqual(
        [503, 'close', '1'],
      );
      expect(await refused.text()).toContain('the bridge is stopping');
    }
    expect([await statusOf(world, '/healthz'), await statusOf(world, '/readyz')]).toEqual([200, 503]);
    const text = await stream.text();
    expect(text).toContain('"t29 "');
    expect(text).toContain('"done":true');
    expect(world.sentOf('prompt')).toHaveLength(1);
  });

  it('does not wait longer than the last turn takes', async () => {
    const world = await startWorld({ config: { drainMs: 60_000 } });
    const stream = await startStream(world, { n: 5, ms: 20 });
    const closed = world.bridge.close();
    expect(await stream.text()).toContain('"done":true');
    // Long before drainMs, which no test lasts.
    await closed;
  });

  it('cancels what still runs after drainMs and tells each client in-band, or with a 503', async () => {
    const world = await startWorld({ config: { drainMs: 100 } });
    const stream = await startStream(world, { n: 100_000, ms: 20 });
    const openai = await world.post(
      '/v1/chat/completions',
      chat(script({ n: 100_000, ms: 20 }), { stream: true }),
    );
    const whole = world.post('/api/chat', chat(script({ n: 100_000, ms: 20 }), { stream: false }));
    await eventually(() => expect(world.daemon().openSids()).toHaveLength(3));
    await world.bridge.close();
    expect(await stream.text()).toMatch(/\{"error":"the bridge is stopping"\}\n$/);
    expect(await openai.text()).toContain('the bridge is stopping');
    expect((await whole).status).toBe(503);
    expect(world.sentOf('cancel')).toHaveLength(3);
    await eventually(() => expect(world.daemon().openSids()).toHaveLength(0));
  });

  it.each([
    ['the others', { maxTurns: 1 }],
    ['a worker', { turnsPerWorker: { slow: 1 } }],
  ])('tells those that still wait for %s the same', async (_, config) => {
    const world = await startWorld({ worker: 'slow', config: { drainMs: 100, ...config } });
    const stream = await startStream(world, { n: 100_000, ms: 20 });
    const paths = ['/api/chat', '/v1/chat/completions', '/v1/messages'];
    const waiting = paths.map((path) => world.post(path, chat('hi', { max_tokens: 9 })));
    await eventually(() => expect(world.bridge.waitingTurns).toBe(paths.length));
    await world.bridge.close();
    expect(await stream.text()).toMatch(/\{"error":"the bridge is stopping"\}\n$/);
    for (const answer of await Promise.all(waiting)) {
      expect(answer.status).toBeGreaterThanOrEqual(503);
      expect(await answer.text()).toContain('the bridge is stopping');
    }
  });

  it('answers a request on a connection that was idle all the time', async () => {
    const world = await startWorld({ config: { drainMs: 5_000 } });
    const client = await rawClient(world.url);
    const ask = 'GET /api/version HTTP/1.1\r\nhost: localhost\r\n\r\n';
    client.send(ask);
    await client.until('"version"');
    const stream = await startStream(world, { n: 30, ms: 20 });
    await refusing(world, world.bridge);
    client.send(ask);
    expect(statusesIn(await client.closed())).toEqual([200, 503]);
    await stream.text();
  });

  it('gives its port back at the end, and stops once however often it is told', async () => {
    const world = await startWorld();
    const stop = world.bridge.close();
    expect(world.bridge.close()).toBe(stop);
    await stop;
    await expect(fetch(world.url)).rejects.toThrow();
  });

  it('is not kept by a client that neither reads nor leaves', async () => {
    const world = await startWorld({ config: { drainMs: 100 } });
    const client = await rawClient(world.url);
    client.send('POST /api/chat HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n');
    // The time for a body, 30 s, is more than a test has.
    await world.bridge.close();
    await client.closed();
  });
});

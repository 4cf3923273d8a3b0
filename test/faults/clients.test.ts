/** Clients that send slowly, read slowly, never end, or hold more connections than they may. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import type { Conversation } from '../conversation.js';
import { createOllamaSurface } from '../../src/http/ollama/surface.js';
import { eventually } from '../eventually.js';
import { chat, script, startWorld } from '../front-door/world.js';
import { serveSurface } from '../http/serve-surface.js';
import { modelOf } from '../model.js';
import { rawClient, statusesIn } from './raw-client.js';

const IDLE: Conversation = {
  async *turn() {},
  models: () => [modelOf('m')],
  link: () => 'up',
  callTool: () => Promise.reject(new Fault('not-offered', 'no bee on this hum offers it')),
};

const post = (path: string, ...fields: readonly string[]) =>
  [`POST ${path} HTTP/1.1`, 'host: localhost', ...fields, '', ''].join('\r\n');

/** Sends `bytes` again and again until the server has closed the connection. */
async function sendForever(url: string, start: string, bytes: string): Promise<string> {
  const client = await rawClient(url);
  client.send(start);
  const timer = setInterval(() => client.send(bytes), 5);
  const raw = await client.closed();
  clearInterval(timer);
  return raw;
}

describe('a client that sends its body slowly', () => {
  it.each([
    ['/api/chat', '{"error":"the request body did not come within 100 ms"}'],
    [
      '/v1/chat/completions',
      '{"error":{"message":"the request body did not come within 100 ms","type":"invalid_request_error","param":null,"code":null}}',
    ],
    [
      '/v1/messages',
      '{"type":"error","error":{"type":"invalid_request_error","message":"the request body did not come within 100 ms"}',
    ],
  ])(
    'gets a 408 after bodyTimeoutMs in the words of %s, and its connection is closed',
    async (path, body) => {
      const world = await startWorld({ env: { OLLAMA_SERVER_BODY_TIMEOUT_MS: '100' } });
      const raw = await sendForever(world.url, post(path, 'content-length: 100000'), ' ');
      expect(statusesIn(raw)).toEqual([408]);
      expect(raw).toContain(body);
      expect(raw.toLowerCase()).toContain('connection: close');
    },
  );

  it.each([
    ['that stops in the middle', 'content-length: 1000'],
    ['in chunks', 'transfer-encoding: chunked'],
    ['that is compressed', 'content-length: 1000\r\ncontent-encoding: gzip'],
    ['that was asked for', 'content-length: 1000\r\nexpect: 100-continue'],
  ])('gets the same for a body %s', async (_, field) => {
    const world = await startWorld({ env: { OLLAMA_SERVER_BODY_TIMEOUT_MS: '100' } });
    const client = await rawClient(world.url);
    client.send(post('/v1/responses', field));
    expect(statusesIn(await client.closed()).at(-1)).toBe(408);
  });

  it('in time is answered, byte by byte and compressed', async () => {
    const world = await startWorld();
    const body = gzipSync(JSON.stringify(chat('hi')));
    const client = await rawClient(world.url);
    client.socket.setNoDelay(true);
    client.send(
      post(
        '/v1/chat/completions',
        `content-length: ${body.length}`,
        'content-encoding: gzip',
        'connection: close',
      ),
    );
    for (const byte of body) client.socket.write(Buffer.of(byte));
    expect(statusesIn(await client.closed())).toEqual([200]);
  });

  it('costs other clients nothing', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_BODY_TIMEOUT_MS: '300' } });
    const slow = sendForever(world.url, post('/api/chat', 'transfer-encoding: chunked'), '1\r\n \r\n');
    const fine = await world.post('/api/chat', chat('hi', { stream: false }));
    expect(fine.status).toBe(200);
    expect(statusesIn(await slow)).toEqual([408]);
  });
});

describe('a body that never ends', () => {
  const CHUNK = `1000\r\n${' '.repeat(0x1000)}\r\n`;

  it('gets a 413 when it is over the limit, and its connection is closed', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_MAX_BODY_BYTES: '20000' } });
    const raw = await sendForever(world.url, post('/api/chat', 'transfer-encoding: chunked'), CHUNK);
    expect(statusesIn(raw)).toEqual([413]);
  });

  it.each(['/nowhere', '/api/tags', '/healthz'])(
    'that %s does not want is not read for long',
    async (path) => {
      const world = await startWorld();
      const raw = await sendForever(world.url, post(path, 'transfer-encoding: chunked'), CHUNK);
      expect(statusesIn(raw)).toHaveLength(1);
    },
  );
});

describe('a client that sends its headers slowly', () => {
  it('gets a 408 when they are not whole in time, and its connection is closed', async () => {
    const url = await serveSurface({
      create: createOllamaSurface,
      conversation: IDLE,
      headersTimeoutMs: 200,
    });
    const raw = await sendForever(url, 'GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ', 'a');
    expect(statusesIn(raw)).toEqual([408]);
    expect(raw.toLowerCase()).toContain('connection: close');
  });

  it('is let go without an answer if it never sends any', async () => {
    const url = await serveSurface({
      create: createOllamaSurface,
      conversation: IDLE,
      headersTimeoutMs: 200,
    });
    const client = await rawClient(url);
    expect(await client.closed()).toBe('');
  });

  it('has that long again for its second request', async () => {
    const url = await serveSurface({
      create: createOllamaSurface,
      conversation: IDLE,
      headersTimeoutMs: 200,
    });
    const first = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n';
    expect(statusesIn(await sendForever(url, `${first}GET / HTTP/1.1\r\nx-slow: `, 'a'))).toEqual([200, 408]);
  });
});

describe('a connection without a request', () => {
  const ask = 'GET /api/version HTTP/1.1\r\nhost: localhost\r\n\r\n';

  it('is closed after idleTimeoutMs', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_IDLE_TIMEOUT_MS: '100' } });
    const client = await rawClient(world.url);
    client.send(ask);
    expect(statusesIn(await client.closed())).toEqual([200]);
  });

  it('is not idle while its answer is being made', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_IDLE_TIMEOUT_MS: '50' } });
    const answer = await world.post('/api/chat', chat(script({ n: 4, ms: 100 }), { stream: false }));
    expect(await answer.json()).toMatchObject({ message: { content: 't0 t1 t2 t3 ' } });
  });
});

describe('connections past maxConnections', () => {
  const ask = 'GET /api/version HTTP/1.1\r\nhost: localhost\r\n\r\n';
  const env = { OLLAMA_SERVER_MAX_CONNECTIONS: '3' };

  it('take the place of the one that is idle longest', async () => {
    const world = await startWorld({ env });
    const clients = [];
    for (let n = 0; n < 3; n++) {
      const client = await rawClient(world.url);
      client.send(ask);
      await client.until('"version"');
      clients.push(client);
    }
    const [first, second, third] = clients;
    // The first one is now the one that was busy last.
    first?.send(ask);
    await eventually(() => expect(statusesIn(first?.received() ?? '')).toEqual([200, 200]));
    const fourth = await rawClient(world.url);
    fourth.send(ask);
    await fourth.until('"version"');
    await second?.closed();
    expect([first?.isClosed(), third?.isClosed()]).toEqual([false, false]);
  });

  it('are refused with a 503 while none is idle, and no running turn is disturbed', async () => {
    const world = await startWorld({ env });
    const body = JSON.stringify(chat(script({ n: 20, ms: 20 })));
    const running = [];
    for (let n = 0; n < 3; n++) {
      const client = await rawClient(world.url);
      client.send(`${post('/api/chat', `content-length: ${body.length}`, 'connection: close')}${body}`);
      await client.until('t0 ');
      running.push(client);
    }
    const refused = await (await rawClient(world.url)).closed();
    expect(statusesIn(refused)).toEqual([503]);
    expect(refused).toContain('retry-after: 1');
    for (const client of running) expect(await client.closed()).toContain('"done":true');
    const next = await rawClient(world.url);
    next.send(ask);
    await next.until('"version"');
  });

  it('in one burst leave no more than that many', async () => {
    const world = await startWorld({ env });
    const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(world.url)));
    await eventually(() => expect(clients.filter((client) => !client.isClosed())).toHaveLength(3));
  });
});

describe('a client that reads nothing', () => {
  /** More than the sockets' own buffers hold. */
  const LONG: readonly Event[] = [{ type: 'text-delta', text: 'x'.repeat(16_000_000) }];
  const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, estimated: true };

  /** Asks for an answer and reads none of it; resolves with what came when the server has cut the connection. */
  async function readNothing(stream: boolean): Promise<string> {
    let isOver = false;
    const conversation: Conversation = {
      ...IDLE,
      async *turn() {
        try {
          yield LONG;
          yield [{ type: 'finish', reason: 'stop', usage }];
        } finally {
          isOver = true;
        }
      },
    };
    const url = await serveSurface({ create: createOllamaSurface, conversation, clientStallMs: 200 });
    const client = await rawClient(url);
    client.socket.pause();
    const body = JSON.stringify({ ...chat('hi', { stream }), model: 'm' });
    client.send(`${post('/api/chat', `content-length: ${body.length}`)}${body}`);
    await eventually(() => expect(isOver).toBe(true));
    // Who does not read learns of the end by writing; empty lines between requests mean nothing.
    await eventually(() => {
      client.send('\r\n');
      expect(client.isClosed()).toBe(true);
    });
    return client.closed();
  }

  it.each([
    ['a stream', true],
    ['a whole answer', false],
  ])('of %s is cut off after clientStallMs', async (_, stream) => {
    const raw = await readNothing(stream);
    expect(raw).not.toContain('"done":true');
    expect(raw.length).toBeLessThan(16_000_000);
  });

  it('for a while gets the whole of it after all, and the next answer on the same connection', async () => {
    let isOver = false;
    const conversation: Conversation = {
      ...IDLE,
      async *turn() {
        yield LONG;
        isOver = true;
        yield [{ type: 'finish', reason: 'stop', usage }];
      },
    };
    const url = await serveSurface({ create: createOllamaSurface, conversation });
    const client = await rawClient(url);
    client.socket.pause();
    const body = JSON.stringify({ ...chat('hi', { stream: false }), model: 'm' });
    client.send(`${post('/api/chat', `content-length: ${body.length}`)}${body}`);
    client.send('GET /api/version HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    await eventually(() => expect(isOver).toBe(true));
    client.socket.resume();
    const raw = await client.closed();
    expect(statusesIn(raw)).toEqual([200, 200]);
    expect(raw.length).toBeGreaterThan(16_000_000);
  });

  it('for a while and sends no more gets the whole of it', async () => {
    const conversation: Conversation = {
      ...IDLE,
      async *turn() {
        yield [...LONG, { type: 'finish', reason: 'stop', usage }];
      },
    };
    const url = await serveSurface({ create: createOllamaSurface, conversation });
    const client = await rawClient(url);
    const body = JSON.stringify({ ...chat('hi', { stream: false }), model: 'm' });
    client.send(`${post('/api/chat', `content-length: ${body.length}`)}${body}`);
    await client.until('HTTP/1.1 200');
    client.socket.pause();
    await new Promise<void>((resolve) => client.socket.end(resolve));
    expect(client.received().length).toBeLessThan(16_000_000);
    client.socket.resume();
    const raw = await client.closed();
    expect(statusesIn(raw)).toEqual([200]);
    expect(raw.length).toBeGreaterThan(16_000_000);
  });
});

/** Requests that are refused while their clients still send: each client gets its answer, however long it sends before it reads. */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Lingering } from '../../src/http/server/lingering.js';
import { startWorld } from '../front-door/world.js';
import { rawClient, statusesIn } from './raw-client.js';

const CHUNK = Buffer.alloc(256 * 1024, ' ');
const CHUNKS = 48;

interface Sent {
  /** All that came. */
  readonly answer: string;
  /** Of the connection; undefined if it was ended in good order. */
  readonly error: string | undefined;
}

/** Sends a head and 12 MiB of body for about a second, as it can, and only then reads. */
async function sendAll(url: string, head: readonly string[], asChunks = false): Promise<Sent> {
  const { port, hostname } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let error: string | undefined;
  socket.on('error', ({ message }) => {
    error = message;
  });
  socket.pause();
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  for (let sent = 0; sent < CHUNKS && error === undefined; sent++) {
    const before = asChunks ? `${CHUNK.length.toString(16)}\r\n` : '';
    const isSent = new Promise<void>((resolve) => {
      socket.write(before);
      socket.write(CHUNK, () => resolve());
      if (asChunks) socket.write('\r\n');
    });
    await Promise.all([isSent, delay(20)]);
  }
  socket.end(asChunks ? '0\r\n\r\n' : '');
  let answer = '';
  socket.on('data', (bytes) => {
    answer += String(bytes);
  });
  socket.resume();
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { answer, error };
}

const LENGTH = `content-length: ${CHUNK.length * CHUNKS}`;
const post = (path: string, ...fields: readonly string[]) => [
  `POST ${path} HTTP/1.1`,
  'host: localhost',
  ...fields,
];

const CASES: readonly (readonly [string, number, readonly string[], boolean?])[] = [
  ['has no key', 401, post('/api/chat', LENGTH)],
  ['has a wrong key', 401, post('/v1/responses', LENGTH, 'x-api-key: wrong')],
  ['is too large, as it says', 413, post('/api/chat', LENGTH, 'x-api-key: k')],
  ['is too large, as it says, on OpenAI', 413, post('/v1/chat/completions', LENGTH, 'x-api-key: k')],
  ['is too large, as it says, on Anthropic', 413, post('/v1/messages', LENGTH, 'x-api-key: k')],
  ['is too large in chunks', 413, post('/v1/messages', 'transfer-encoding: chunked', 'x-api-key: k'), true],
  ['has no such route', 404, post('/nowhere', LENGTH, 'x-api-key: k')],
  ['has the wrong method', 405, post('/api/tags', LENGTH, 'x-api-key: k')],
  ['comes from another site', 403, post('/api/chat', LENGTH, 'origin: https://evil.example')],
  ['is a kept connection’s last', 401, post('/api/chat', LENGTH, 'connection: close')],
  ['is of HTTP/1.0', 401, ['POST /api/chat HTTP/1.0', 'host: localhost', LENGTH]],
  ['has too large a head', 431, post('/api/chat', LENGTH, `x: ${'x'.repeat(20_000)}`)],
  ['is no request', 400, ['nonsense', LENGTH]],
  ['is for a proxy', 405, ['CONNECT a.example:443 HTTP/1.1', 'host: localhost', LENGTH]],
  [
    'asks for a WebSocket',
    401,
    ['GET /v1/responses HTTP/1.1', 'host: localhost', LENGTH, 'connection: upgrade', 'upgrade: websocket'],
  ],
];

describe('a client that sends all before it reads', () => {
  it('gets its answer where its request is refused early, and no reset', async () => {
    const world = await startWorld({ config: { apiKey: 'k', maxBodyBytes: 100_000 } });
    const results = await Promise.all(
      CASES.map(async ([name, status, head, asChunks]) => {
        const { answer, error } = await sendAll(world.url, head, asChunks);
        return [name, statusesIn(answer), error, status];
      }),
    );
    expect(results).toEqual(CASES.map(([name, status]) => [name, [status], undefined, status]));
  });

  it('gets the answer to a connection too many', async () => {
    const world = await startWorld({ config: { maxConnections: 1 } });
    const first = await rawClient(world.url);
    first.send(`${post('/api/chat', 'content-length: 5', 'expect: 100-continue').join('\r\n')}\r\n\r\n`);
    await first.until('100 Continue');
    expect(await sendAll(world.url, post('/api/chat', LENGTH))).toEqual({
      answer: expect.stringMatching(/^HTTP\/1\.1 503 .*too many connections$/s),
      error: undefined,
    });
  });

  it('whose body is over in a moment keeps its connection', async () => {
    const world = await startWorld({ config: { apiKey: 'k' } });
    const client = await rawClient(world.url);
    for (let at = 1; at <= 3; at++) {
      client.send('POST /api/chat HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\n{');
      await client.until(`${'HTTP/1.1 401'}`);
      client.send('   ');
      client.send('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await expect.poll(() => statusesIn(client.received()).length).toBe(at * 2);
    }
    expect(statusesIn(client.received())).toEqual([401, 200, 401, 200, 401, 200]);
  });
});

describe('a connection that is closed while its client sends', () => {
  const LIMITS = { quietMs: 500, totalMs: 2_000, maxBytes: 4_000_000 };

  /** A client of a server that closes each connection at once; resolves when the server is done with it. */
  async function closeWhile(send: (client: Socket) => void): Promise<{ ms: number; bytes: number }> {
    const lingering = new Lingering(LIMITS);
    const closed = new Promise<{ ms: number; bytes: number }>((resolve) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        const from = performance.now();
        socket.on('close', () => {
          server.close();
          resolve({ ms: performance.now() - from, bytes: socket.bytesRead });
        });
        lingering.close(socket);
        lingering.close(socket);
      });
      server.listen(0, '127.0.0.1', () => {
        const client = connect({
          port: Object(server.address()).port,
          host: '127.0.0.1',
          allowHalfOpen: true,
        });
        onTestFinished(() => void client.destroy());
        client.on('error', () => {});
        client.resume();
        send(client);
      });
    });
    return closed;
  }

  it('is let go when nothing comes any more', async () => {
    const { ms, bytes } = await closeWhile((client) => void client.write('half a body'));
    expect(bytes).toBe(11);
    expect(ms).toBeGreaterThanOrEqual(LIMITS.quietMs - 1);
    expect(ms).toBeLessThan(LIMITS.totalMs);
  });

  it('is let go after a while where a little comes all the time', async () => {
    const { ms } = await closeWhile((client) => {
      const drip = setInterval(() => client.write('a'), 100);
      client.on('close', () => clearInterval(drip));
      onTestFinished(() => clearInterval(drip));
    });
    expect(ms).toBeGreaterThanOrEqual(LIMITS.totalMs - 1);
  });

  it('is let go when too much has come', async () => {
    const { bytes } = await closeWhile((client) => {
      const flood = (error?: Error | null) => {
        if (!error) client.write(CHUNK, flood);
      };
      flood();
    });
    expect(bytes).toBeGreaterThan(LIMITS.maxBytes);
  });

  it('is over as soon as its client is done', async () => {
    const { bytes } = await closeWhile((client) => void client.end('all'));
    expect(bytes).toBe(3);
  });
});

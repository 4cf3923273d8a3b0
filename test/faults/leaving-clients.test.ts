/** Clients that leave before their answer has begun, at every stage that a request goes through until then. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { requestThreads } from '../../src/threads/request-threads.js';
import { defineTask } from '../../src/threads/task.js';
import { eventually } from '../eventually.js';
import { script, startWorld, type World } from '../front-door/world.js';
import { type LogLines, readableLog } from '../log-lines.js';
import { zstdBehindSpaces } from '../zstd.js';
import { type RawClient, rawClient } from './raw-client.js';

const MIB = 2 ** 20;

/** A worker that is asked this never answers: a turn that began for somebody who left would run for ever. */
const CONTENT = script({ say: [], hang: true });
const model = 'claude-sonnet-4';
const messages = [{ role: 'user', content: CONTENT }];

type Fields = Readonly<Record<string, unknown>>;

const ROUTES: readonly (readonly [path: string, body: Fields])[] = [
  ['/api/chat', { model, messages }],
  ['/api/generate', { model, prompt: CONTENT }],
  ['/v1/chat/completions', { model, messages }],
  ['/v1/completions', { model, prompt: CONTENT }],
  ['/v1/responses', { model, input: CONTENT }],
  ['/v1/messages', { model, messages, max_tokens: 100 }],
];
/** Ollama's own routes decode nothing. */
const DECODING_ROUTES = ROUTES.filter(([path]) => path.startsWith('/v1'));

/** Each route, streamed and whole, over and over. */
function requests(count: number, routes = ROUTES): readonly (readonly [path: string, body: Fields])[] {
  const each = routes.flatMap(([path, body]) =>
    [true, false].map((stream) => [path, { ...body, stream }] as const),
  );
  return Array.from({ length: Math.ceil(count / each.length) }, () => each).flat();
}

interface Sent {
  readonly path: string;
  readonly headers?: readonly string[];
  readonly bytes: Buffer;
}

function head({ path, headers = [], bytes }: Sent): string {
  return [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    `content-length: ${bytes.length}`,
    ...headers,
    '',
    '',
  ].join('\r\n');
}

/** A connected client that has sent its request. */
async function send(url: string, request: Sent): Promise<RawClient> {
  const client = await rawClient(url);
  client.send(head(request));
  client.socket.write(request.bytes);
  return client;
}

/** One after the other, so that the event loop finds each of them at another point of its way. */
async function leave(clients: readonly RawClient[]): Promise<void> {
  for (const { socket } of clients) {
    socket.destroy();
    await nextTurn();
  }
}

let log: LogLines;
let world: World;
/** How many who stayed have had their answer. */
let answered: number;

beforeEach(async () => {
  answered = 0;
  log = readableLog();
  world = await startWorld({ log: log.log });
});

/** Nothing is open or under way, and nothing was told of anybody as a mistake. */
async function expectNothingLeft(): Promise<void> {
  const { bridge } = world;
  const answer = await world.post('/api/chat', { model, messages: [{ role: 'user', content: 'hi' }] });
  expect(answer.status).toBe(200);
  await answer.text();
  answered++;
  await eventually(() => {
    const left = {
      streams: bridge.openStreams,
      running: bridge.nest.runningTurns,
      sids: bridge.nest.openSids,
      waiting: bridge.waitingTurns,
      threads: requestThreads.working,
      queue: requestThreads.waiting,
    };
    expect(left).toEqual({ streams: 0, running: 0, sids: 0, waiting: 0, threads: 0, queue: 0 });
  }, 20_000);
  const { recentFaults, turns } = bridge.status();
  expect(recentFaults).toEqual([]);
  const { left: _, stop = 0, ...others } = turns.byOutcome;
  expect([stop, others]).toEqual([answered, {}]);
  expect(log.lines.filter(({ level }) => level >= 40)).toEqual([]);
}

test('48 clients that leave in the middle of their body leave nothing behind', async () => {
  const clients = await Promise.all(
    requests(48).map(async ([path, body]) => {
      const bytes = Buffer.from(JSON.stringify({ ...body, padding: 'x'.repeat(4_000) }));
      const client = await rawClient(world.url);
      client.send(head({ path, bytes }));
      client.socket.write(bytes.subarray(0, 1_000));
      return client;
    }),
  );
  await leave(clients);
  await expectNothingLeft();
});

test('48 clients that leave right behind a short body leave nothing behind', async () => {
  for (const [path, body] of requests(48)) {
    const client = await send(world.url, { path, bytes: Buffer.from(JSON.stringify(body)) });
    client.socket.destroy();
  }
  await expectNothingLeft();
});

/** What JSON may begin with. */
const SPACES = ' '.repeat(8 * MIB);
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

const ENCODINGS: readonly (readonly [encoding: string, encode: (json: string) => Buffer])[] = [
  ['gzip', (json) => gzipSync(SPACES + json)],
  ['deflate', (json) => deflateSync(SPACES + json)],
  ['br', (json) => brotliCompressSync(SPACES + json, FAST)],
  ['zstd', (json) => zstdBehindSpaces(json, 8)],
];

test.each(ENCODINGS)(
  '48 clients that leave while a body in %s is unpacked leave nothing behind',
  async (encoding, encode) => {
    const all = requests(48, DECODING_ROUTES);
    for (let at = 0; at < all.length; at += 24) {
      const clients = await Promise.all(
        all.slice(at, at + 24).map(([path, body]) => {
          const bytes = encode(JSON.stringify(body));
          return send(world.url, { path, headers: [`content-encoding: ${encoding}`], bytes });
        }),
      );
      await eventually(() => expect(requestThreads.working).toBeGreaterThan(0));
      await leave(clients);
      await expectNothingLeft();
    }
  },
  60_000,
);

test('48 clients that leave while a large body is parsed leave nothing behind', async () => {
  const all = requests(48);
  for (let at = 0; at < all.length; at += 24) {
    const clients = await Promise.all(
      all.slice(at, at + 24).map(([path, body]) => {
        const json = JSON.stringify({ ...body, padding: Array.from({ length: 100_000 }, () => 1) });
        return send(world.url, { path, bytes: Buffer.from(json) });
      }),
    );
    await eventually(() => expect(requestThreads.working).toBeGreaterThan(0));
    await leave(clients);
    await expectNothingLeft();
  }
}, 60_000);

/** All threads work for others until it is called. */
function occupyThreads(): () => void {
  const spin = defineTask<undefined, never>(
    new URL('../threads/tasks.mjs', import.meta.url).href,
    'spin',
    () => {
      throw new Error('only a thread spins');
    },
  );
  const over = new AbortController();
  onTestFinished(() => over.abort());
  for (const caller of ['a', 'a', 'b'])
    requestThreads.run(spin, undefined, over.signal, caller).catch(() => undefined);
  return () => over.abort();
}

test('64 clients that leave while their bodies wait for a thread leave nothing behind', async () => {
  const free = occupyThreads();
  const all = requests(64);
  for (let at = 0; at < all.length; at += 32) {
    const some = all.slice(at, at + 32);
    const clients = await Promise.all(
      some.map(([path, body], index) => {
        const isCompressed = path.startsWith('/v1') && index % 2 === 0;
        const json = JSON.stringify({ ...body, padding: isCompressed ? '' : 'x'.repeat(MIB) });
        return isCompressed
          ? send(world.url, { path, headers: ['content-encoding: gzip'], bytes: gzipSync(json) })
          : send(world.url, { path, bytes: Buffer.from(json) });
      }),
    );
    await eventually(() => expect(requestThreads.waiting).toBe(some.length), 20_000);
    await leave(clients);
    await eventually(() => expect(requestThreads.waiting).toBe(0));
  }
  expect(requestThreads.working).toBe(3);
  free();
  await expectNothingLeft();
}, 60_000);

/** What 500 bytes of zstd unpack to, within what a body may have. */
const FLOOD = zstdBehindSpaces('{}', 30);

/** 200 of those, from one key, with others of another key behind them. */
async function flood(): Promise<readonly RawClient[]> {
  const headers = ['content-encoding: zstd', 'authorization: Bearer flooding'];
  return Promise.all(
    Array.from({ length: 200 }, () => send(world.url, { path: '/v1/embeddings', headers, bytes: FLOOD })),
  );
}

/** Resolves with its status. */
async function askCompressed(): Promise<number> {
  const body = { model, messages: [{ role: 'user', content: 'hi' }] };
  const answer = await fetch(`${world.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-encoding': 'gzip', authorization: 'Bearer honest' },
    body: new Uint8Array(gzipSync(JSON.stringify(body))),
  });
  await answer.text();
  return answer.status;
}

test('200 small bodies that unpack to a lot, of clients that left, hold nobody up', async () => {
  const clients = await flood();
  await eventually(() => expect(requestThreads.waiting).toBe(32));
  await leave(clients);
  await eventually(() => expect([requestThreads.working, requestThreads.waiting]).toEqual([0, 0]));
  expect(await askCompressed()).toBe(200);
});

test('200 of the same key that stay hold up nobody with another key', async () => {
  world = await startWorld({ config: { apiKey: 'flooding,honest' } });
  const clients = await flood();
  await eventually(() => expect(requestThreads.waiting).toBe(32));
  expect(await askCompressed()).toBe(200);
  // Most of them wait as before.
  expect(requestThreads.waiting).toBeGreaterThan(8);
  await leave(clients);
  await eventually(() => expect([requestThreads.working, requestThreads.waiting]).toEqual([0, 0]));
});

test('16 clients with 48 requests that wait for each other on their connections leave nothing behind', async () => {
  const all = requests(48).map(([path, body]) => ({ path, bytes: Buffer.from(JSON.stringify(body)) }));
  const clients = await Promise.all(
    Array.from({ length: 16 }, async (_, index) => {
      const client = await rawClient(world.url);
      for (const request of all.slice(index * 3, index * 3 + 3)) {
        client.send(head(request));
        client.socket.write(request.bytes);
      }
      return client;
    }),
  );
  await eventually(() => expect(world.bridge.nest.runningTurns).toBe(48));
  await leave(clients);
  await expectNothingLeft();
});

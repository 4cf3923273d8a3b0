/** Bodies that come in part, many at once: each is small enough, and all of them are too much. */
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { gatheredBodies } from '../../src/http/body/body-budget.js';
import { eventually } from '../eventually.js';
import { chat, startWorld } from '../front-door/world.js';
import { type RawClient, rawClient, statusesIn } from './raw-client.js';

const MIB = 2 ** 20;
/** How much is sent of a body that says to be twice as long. */
const HALF = 'x'.repeat(MIB);

async function sendHalf(url: string, path: string, key: string): Promise<RawClient> {
  const client = await rawClient(url);
  client.send(
    [
      `POST ${path} HTTP/1.1`,
      'host: localhost',
      `authorization: Bearer ${key}`,
      `content-length: ${2 * MIB}`,
      '',
      HALF,
    ].join('\r\n'),
  );
  return client;
}

const PATHS = [
  '/api/chat',
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/messages',
  '/v1/embeddings',
  '/api/embed',
];

test('half bodies that are too much together are refused with when to come again, and others are answered', async () => {
  const config = { apiKey: 'greedy,honest', maxTotalBodyBytes: 8 * MIB };
  const world = await startWorld({ config });
  const clients: RawClient[] = [];
  for (let at = 0; at < 24; at++)
    clients.push(await sendHalf(world.url, PATHS[at % PATHS.length] ?? '', 'greedy'));
  const refused = () => clients.filter((client) => client.received() !== '');
  await eventually(() => expect(refused()).toHaveLength(16), 15_000);
  expect(gatheredBodies.bytes).toBeLessThanOrEqual(8 * MIB);
  for (const client of refused()) {
    expect(statusesIn(client.received())).toEqual([503]);
    expect(client.received()).toMatch(/retry-after: 1/i);
    expect(client.received()).toContain('too many large request bodies are being received');
  }
  // Another key has its share: the newest of those that wait makes room.
  const body = JSON.stringify({ ...chat('x', { stream: false }), padding: HALF });
  const answer = await fetch(`${world.url}/api/chat`, {
    method: 'POST',
    headers: { authorization: 'Bearer honest' },
    body,
  });
  expect(answer.status).toBe(200);
  for (const { socket } of clients) socket.destroy();
  await eventually(() => expect(gatheredBodies.bytes).toBe(0));
});

test('a body alone is only as long as its own limit', async () => {
  const world = await startWorld({ config: { maxTotalBodyBytes: 1_000 } });
  expect((await world.post('/api/chat', { ...chat('x', { stream: false }), padding: HALF })).status).toBe(
    200,
  );
  expect(gatheredBodies.bytes).toBe(0);
});

test('messages of WebSockets count as well', async () => {
  const world = await startWorld({ config: { maxTotalBodyBytes: 4 * MIB } });
  const closed: number[] = [];
  const sockets = Array.from(
    { length: 8 },
    () => new WebSocket(`${world.url}/v1/responses`.replace('http', 'ws')),
  );
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
  for (const socket of sockets) {
    socket.on('error', () => undefined);
    socket.on('close', (code) => closed.push(code));
    // The first part of a message, the next of which never comes.
    socket.send(HALF, { fin: false });
  }
  await eventually(() => expect(closed.length).toBeGreaterThanOrEqual(4), 15_000);
  for (const code of closed) expect([1013, 1006]).toContain(code);
  expect(gatheredBodies.bytes).toBeLessThanOrEqual(4 * MIB);
  for (const socket of sockets) socket.terminate();
  await eventually(() => expect(gatheredBodies.bytes).toBe(0));
});

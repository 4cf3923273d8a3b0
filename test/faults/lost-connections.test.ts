/**
 * Connections on which nothing can be answered any more although their clients have not closed them, and those that Node has let go of:
 * every turn of their requests is cancelled, and nothing that a client does there ends the process.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { type ScriptedWorker, startScriptedWorker } from '../front-door/scripted-worker.js';
import { startWorld, type World, type WorldOptions } from '../front-door/world.js';

const BODY = JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'hi' }] });

function head(lines: readonly string[] = [], path = '/api/chat'): string {
  const length = `content-length: ${BODY.length}`;
  return ['', 'host: localhost', ...lines, length, '', ''].join('\r\n').replace(/^/, `POST ${path} HTTP/1.1`);
}

const ask = (lines: readonly string[] = [], path?: string) => head(lines, path) + BODY;

const WEB_SOCKET = [
  'GET /v1/responses HTTP/1.1',
  'host: localhost',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  `sec-websocket-key: ${randomBytes(16).toString('base64')}`,
  '',
  '',
].join('\r\n');
const H2C = ['connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQ'];

interface Client {
  readonly socket: Socket;
  received(): string;
}

interface Place {
  readonly world: World;
  readonly worker: ScriptedWorker;
  readonly client: Client;
}

/** The client keeps its side of the connection open, whatever the bridge does with its own. */
async function start(options: WorldOptions = {}): Promise<Place> {
  const world = await startWorld(options);
  const worker = await startScriptedWorker(world);
  const { hostname, port } = new URL(world.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    received += text;
  });
  socket.on('error', () => socket.destroy());
  return { world, worker, client: { socket, received: () => received } };
}

async function expectCancelled({ world, worker }: Place, count: number): Promise<void> {
  await eventually(() => {
    const { openStreams, nest } = world.bridge;
    expect({ openStreams, running: nest.runningTurns, live: world.bridge.status().live }).toEqual({
      openStreams: 0,
      running: 0,
      live: [],
    });
  });
  const sids = worker.turns.map(({ sid }) => sid).sort();
  expect(sids).toHaveLength(count);
  await eventually(() =>
    expect(
      world
        .sentOf('cancel')
        .map(({ sid }) => sid)
        .sort(),
    ).toEqual(sids),
  );
}

describe.each([
  ['bytes that are no request', '\x01\x02\r\n\r\n'],
  ['a CONNECT', 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['a head that is too large', `GET / HTTP/1.1\r\nhost: a\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`],
])('%s', (_, bytes) => {
  it('behind requests that wait for their answers are the end of all of them', async () => {
    const place = await start();
    place.client.socket.write(ask().repeat(3));
    await place.worker.turn(2);
    place.client.socket.write(bytes, 'latin1');
    await expectCancelled(place, 3);
    await eventually(() => expect(place.client.received()).toMatch(/^HTTP\/1\.1 4\d\d /));
  });

  it('in the middle of an answer cuts it, with no other answer in it', async () => {
    const place = await start();
    const { client, worker } = place;
    client.socket.write(ask().repeat(3));
    await worker.turn(2);
    worker.turns[0]?.text('words');
    await eventually(() => expect(client.received()).toContain('words'));
    client.socket.write(bytes, 'latin1');
    await expectCancelled(place, 3);
    expect(client.received()).not.toMatch(/HTTP\/1\.1 4\d\d/);
  });
});

const WAITING = [
  ['a WebSocket', WEB_SOCKET],
  ['another protocol', ask(H2C)],
] as const;

describe.each(WAITING)('a request for %s that waits behind others', (_, upgrade) => {
  it.each<[string, (socket: Socket) => void]>([
    ['closes its connection', (socket) => socket.destroy()],
    ['resets it', (socket) => socket.resetAndDestroy()],
    ['ends its side of it', (socket) => socket.end()],
  ])('does not hide that its client %s', async (_how, leave) => {
    const place = await start();
    place.client.socket.write(ask().repeat(2) + upgrade);
    await place.worker.turn(1);
    place.worker.turns[0]?.text('words');
    await eventually(() => expect(place.client.received()).toContain('words'));
    leave(place.client.socket);
    await expectCancelled(place, 2);
    // An answer that is written all the same goes nowhere, and ends no process.
    for (const turn of place.worker.turns) turn.text('more');
  });

  it('does not keep an answer before it from being read slowly to its end', async () => {
    const { client, worker } = await start({ config: { maxBufferBytes: 2 ** 26 } });
    client.socket.write(ask() + upgrade);
    const turn = await worker.turn(0);
    client.socket.pause();
    const piece = 'x'.repeat(2 ** 20);
    for (let count = 0; count < 8; count++) turn.text(piece);
    turn.finish();
    client.socket.resume();
    await eventually(() => expect(client.received()).toContain('"done":true'), 10_000);
  }, 20_000);
});

it('what comes behind a request that waits for another protocol is part of it', async () => {
  const { client, worker } = await start();
  client.socket.write(ask() + head(H2C));
  const first = await worker.turn(0);
  client.socket.write(BODY.slice(0, 9));
  first.text('one');
  await eventually(() => expect(client.received()).toContain('one'));
  client.socket.write(BODY.slice(9));
  first.finish();
  const second = await worker.turn(1);
  second.text('two');
  second.finish();
  await eventually(() => expect(client.received()).toMatch(/one.*"done":true.*two.*"done":true/s));
});

it('a WebSocket is opened behind an answer', async () => {
  const { client, worker } = await start();
  client.socket.write(ask() + WEB_SOCKET);
  (await worker.turn(0)).finish();
  await eventually(() => expect(client.received()).toMatch(/"done":true.*HTTP\/1\.1 101 /s));
  client.socket.write(
    frame(TEXT, JSON.stringify({ type: 'response.create', model: 'scripted', input: 'a' })),
  );
  const turn = await worker.turn(1);
  turn.finish();
  await eventually(() => expect(client.received()).toContain('response.completed'));
});

it('a client that sends without end behind a request for another protocol is cut', async () => {
  const place = await start();
  place.client.socket.write(ask() + WEB_SOCKET);
  await place.worker.turn(0);
  place.client.socket.write(Buffer.alloc(2 ** 21));
  await expectCancelled(place, 1);
});

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const CLOSINGS: readonly (readonly [string, readonly Buffer[]])[] = [
  ['says that it closes, and does not', [frame(CLOSE, Buffer.from([3, 232]))]],
  ['sends what is no text', [frame(BINARY, 'x')]],
  ['sends more messages than may wait', Array.from({ length: 17 }, () => frame(TEXT, '{}'))],
];

it.each(CLOSINGS)('a client of a WebSocket that %s is sent nothing more', async (_, frames) => {
  const place = await start();
  const { client, worker } = place;
  client.socket.write(WEB_SOCKET);
  await eventually(() => expect(client.received()).toContain('HTTP/1.1 101 '));
  client.socket.write(
    frame(TEXT, JSON.stringify({ type: 'response.create', model: 'scripted', input: 'a' })),
  );
  await worker.turn(0);
  for (const bytes of frames) client.socket.write(bytes);
  await expectCancelled(place, 1);
});

/** One short frame of a client (RFC 6455 §5.2). */
function frame(opcode: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  const mask = randomBytes(4);
  const masked = bytes.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | bytes.length]), mask, masked]);
}

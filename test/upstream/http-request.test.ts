/** Requests to a server whose HTTP is not as simple as it could be. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createRawServer,
  type Server,
  type Socket,
} from 'node:net';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readText } from '../../src/core/read-text.js';
import { NoAnswer, sendRequest } from '../../src/upstream/http-request.js';
import { parseStream } from '../front-door/world.js';
import type { ChatAnswer } from './fake-upstream.js';
import { chat, startUpstreamWorld } from './upstream-world.js';

const CHUNK = { choices: [{ index: 0, delta: { content: 'größer 😀' }, finish_reason: null }] };
const EVENTS = `data: ${JSON.stringify(CHUNK)}\n\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
const WHOLE = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'größer 😀' }, finish_reason: 'stop' }],
});
const REFUSAL = JSON.stringify({ error: { message: 'größere Pause, bitte' } });

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('a compressed answer', () => {
  const ENCODINGS: readonly {
    readonly encoding: string;
    readonly name: string;
    readonly compress: (text: string) => Buffer;
  }[] = [
    { encoding: 'gzip', compress: gzipSync },
    { encoding: 'x-gzip', compress: gzipSync },
    { encoding: 'GZIP', compress: gzipSync },
    { encoding: 'deflate', compress: deflateSync },
    { encoding: 'deflate', name: 'deflate without a head', compress: deflateRawSync },
    { encoding: 'br', compress: brotliCompressSync },
    { encoding: 'gzip, br', compress: (text: string) => brotliCompressSync(gzipSync(text)) },
    { encoding: 'gzip, identity', compress: gzipSync },
    { encoding: 'identity', compress: (text: string) => Buffer.from(text) },
    { encoding: '', name: 'empty', compress: (text: string) => Buffer.from(text) },
  ].map((entry) => ({ name: entry.encoding, ...entry }));

  const write = ({ response }: ChatAnswer, status: number, encoding: string, bytes: Buffer) => {
    response.writeHead(status, { 'content-encoding': encoding });
    response.end(bytes);
  };

  it.each(ENCODINGS)('$name is read, streamed, whole and refused', async ({ encoding, compress }) => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => write(answer, 200, encoding, compress(EVENTS));
    expect(await (await post('/api/chat', chat('?', { stream: false }))).json()).toMatchObject({
      message: { content: 'größer 😀' },
    });
    upstream.onChat = (answer) => write(answer, 200, encoding, compress(WHOLE));
    expect(await (await post('/v1/chat/completions', chat('?'))).json()).toMatchObject({
      choices: [{ message: { content: 'größer 😀' } }],
    });
    upstream.onChat = (answer) => write(answer, 429, encoding, compress(REFUSAL));
    const refused = await post('/v1/chat/completions', chat('?'));
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining('größere Pause')]);
  });

  it('comes word by word, and ends at the server when the client leaves', async () => {
    const { upstream, post } = await startUpstreamWorld();
    const answers: ChatAnswer[] = [];
    upstream.onChat = (answer) => {
      answers.push(answer);
      const gzip = createGzip();
      answer.response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      gzip.pipe(answer.response);
      gzip.write(`data: ${JSON.stringify(CHUNK)}\n\n`);
      gzip.flush();
    };
    const controller = new AbortController();
    const response = await post('/api/chat', chat('?'), controller.signal);
    const first = await response.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).toContain('größer 😀');
    controller.abort();
    await answers[0]?.left;
  });

  it.each(ENCODINGS.slice(0, 6))(
    '$name that is cut short is no whole one',
    async ({ encoding, compress }) => {
      const { upstream, post } = await startUpstreamWorld();
      const half = (text: string) => {
        const bytes = compress(text);
        return bytes.subarray(0, bytes.length - 24);
      };
      for (const text of [EVENTS.repeat(3).replaceAll('data: [DONE]\n\n', ''), WHOLE]) {
        upstream.onChat = (answer) =>
          write(
            answer,
            200,
            encoding,
            half(text.replaceAll('"finish_reason":"stop"', '"finish_reason":null')),
          );
        const response = await post('/v1/chat/completions', chat('?'));
        expect([response.status, await response.text()]).toEqual([
          502,
          expect.stringMatching(/broke off its answer|cannot be read/),
        ]);
      }
      upstream.onChat = (answer) => write(answer, 429, encoding, half(REFUSAL));
      expect((await post('/v1/chat/completions', chat('?'))).status).toBe(429);
    },
  );

  it('whose end is missing behind its last event is whole', async () => {
    const { upstream, post } = await startUpstreamWorld();
    const bytes = gzipSync(EVENTS);
    upstream.onChat = (answer) => write(answer, 200, 'gzip', bytes.subarray(0, -8));
    expect(await (await post('/api/chat', chat('?', { stream: false }))).json()).toMatchObject({
      message: { content: 'größer 😀' },
    });
  });

  it.each([
    ['zstd', 'the upstream gave an answer that cannot be read (content-encoding zstd)'],
    ['gzip, zstd', 'the upstream gave an answer that cannot be read (content-encoding zstd)'],
    ['compress', 'the upstream gave an answer that cannot be read (content-encoding compress)'],
    ['gzip', 'the upstream gave an answer that cannot be read (Z_DATA_ERROR)'],
    ['br', expect.stringMatching(/^the upstream gave an answer that cannot be read \(ERR_\w+\)$/)],
  ])('as %j, which it is not or nobody knows, is said to be unreadable', async (encoding, says) => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => write(answer, 200, encoding, Buffer.from(EVENTS));
    const response = await post('/api/chat', chat('?'));
    expect([response.status, await response.json()]).toEqual([502, { error: says }]);
    upstream.onChat = (answer) => write(answer, 429, encoding, Buffer.from(REFUSAL));
    expect((await post('/api/chat', chat('?'))).status).toBe(429);
  });
});

const LIST = JSON.stringify({ data: [{ id: 'llama3' }] });

/** Lists its model, and answers everything else with bytes. */
async function startRawServer(onHead: (socket: Socket) => void): Promise<string> {
  const server = createRawServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      if (bytes.includes('GET ')) socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${LIST}`);
      else if (bytes.includes('\r\n\r\n')) onHead(socket);
    });
  });
  return `http://127.0.0.1:${await listen(server)}/v1`;
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n';

describe('the head of an answer', () => {
  it('may come behind others that say only that it will', async () => {
    const base = await startRawServer((socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n');
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n');
      socket.end(`${HEAD}\r\n${EVENTS}`);
    });
    const { post } = await startUpstreamWorld({ base });
    expect(await (await post('/api/chat', chat('?', { stream: false }))).json()).toMatchObject({
      message: { content: 'größer 😀' },
    });
  });

  it('may be larger than Node takes by itself', async () => {
    const base = await startRawServer((socket) => {
      socket.end(`${HEAD}set-cookie: ${'a'.repeat(40_000)}\r\n\r\n${EVENTS}`);
    });
    const { post } = await startUpstreamWorld({ base });
    expect((await post('/api/chat', chat('?', { stream: false }))).status).toBe(200);
  });

  it.each([
    {
      what: 'larger than any',
      head: `${HEAD}set-cookie: ${'a'.repeat(100_000)}\r\n\r\n`,
      says: 'the upstream gave an answer that cannot be read (HPE_HEADER_OVERFLOW)',
    },
    {
      what: 'of another protocol',
      head: 'SSH-2.0-OpenSSH_9.6\r\n',
      says: 'the upstream gave an answer that cannot be read (HPE_INVALID_CONSTANT)',
    },
    {
      what: 'that goes over to another protocol',
      head: 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      says: 'the upstream changes to another protocol (101), and does not answer',
    },
    {
      what: 'that is half of one',
      head: 'HTTP/1.1 200 OK\r\ncontent-',
      says: 'the upstream closed the connection before it answered (ECONNRESET)',
    },
  ])('$what is an error that says so, and is asked for once', async ({ head, says }) => {
    let asked = 0;
    const base = await startRawServer((socket) => {
      asked++;
      socket.end(head);
    });
    const { post } = await startUpstreamWorld({ base });
    const response = await post('/api/chat', chat('?'));
    expect([response.status, await response.json(), asked]).toEqual([502, { error: says }, 1]);
  });
});

interface KeptServer {
  readonly base: string;
  readonly port: number;
  /** Those that had a request which is not for the models. */
  readonly sockets: readonly Socket[];
  /** Requests that came whole. */
  whole: number;
  onRequest: (request: IncomingMessage, response: ServerResponse) => void;
}

async function startKeptServer(): Promise<KeptServer> {
  const sockets: Socket[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.setHeader('connection', 'close').end(LIST);
      return;
    }
    if (!sockets.includes(request.socket)) sockets.push(request.socket);
    kept.onRequest(request, response);
  });
  const port = await listen(server);
  onTestFinished(() => server.closeAllConnections());
  const read = (request: IncomingMessage, response: ServerResponse) => {
    request.resume().once('end', () => {
      kept.whole++;
      response.end(WHOLE);
    });
  };
  const kept: KeptServer = { base: `http://127.0.0.1:${port}/v1`, port, sockets, whole: 0, onRequest: read };
  return kept;
}

describe('a connection that is kept', () => {
  const ENDS = ['destroy', 'resetAndDestroy'] as const;
  const send = async (port: number, body: string) => {
    const { signal } = new AbortController();
    const answer = await sendRequest(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: {},
      body,
      signal,
    });
    return await readText(answer, 1_000);
  };

  it.each(ENDS)('and then closed by its server (%s) is no failure for the next user', async (end) => {
    const server = await startKeptServer();
    const { post } = await startUpstreamWorld({ base: server.base });
    for (let turn = 0; turn < 5; turn++) {
      expect((await post('/api/chat', chat('?', { stream: false }))).status).toBe(200);
      server.sockets.at(-1)?.[end]();
    }
    expect([server.whole, server.sockets.length]).toEqual([5, 5]);
  });

  it('is taken by one request after the other', async () => {
    const server = await startKeptServer();
    const { post } = await startUpstreamWorld({ base: server.base });
    for (let turn = 0; turn < 5; turn++) await (await post('/api/chat', chat('?', { stream: false }))).json();
    expect([server.whole, server.sockets.length]).toEqual([5, 1]);
  });

  it.each(ENDS)('may be closed (%s) in the moment in which a request takes it', async (end) => {
    const server = await startKeptServer();
    await send(server.port, 'one');
    // Several are kept, all of them closed.
    await Promise.all(['two', 'three', 'four'].map((body) => send(server.port, body)));
    const before = server.sockets.length;
    await loopTurn();
    for (const socket of server.sockets) socket[end]();
    expect(await send(server.port, 'five')).toBe(WHOLE);
    expect([server.whole, server.sockets.length]).toEqual([5, before + 1]);
  });

  it('and reset within a request sends it again only where the server cannot have had all of it', async () => {
    const server = await startKeptServer();
    const { onRequest } = server;
    await send(server.port, 'one');
    await loopTurn();
    server.onRequest = (request) => {
      server.onRequest = onRequest;
      request.once('data', () => request.socket.resetAndDestroy());
    };
    expect(await send(server.port, 'x'.repeat(64 * 2 ** 20))).toBe(WHOLE);
    expect([server.whole, server.sockets.length]).toEqual([2, 2]);
  });

  it.each(ENDS)('and closed (%s) behind a whole request is told: it may have been run', async (end) => {
    const server = await startKeptServer();
    const { post } = await startUpstreamWorld({ base: server.base });
    await (await post('/api/chat', chat('?', { stream: false }))).json();
    server.onRequest = (request) => {
      request.resume().once('end', () => {
        server.whole++;
        request.socket[end]();
      });
    };
    const response = await post('/api/chat', chat('?'));
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: 'the upstream closed the connection before it answered (ECONNRESET)' },
    ]);
    expect([server.whole, server.sockets.length]).toEqual([2, 1]);
  });

  it('is what counts: a new one that is reset is not asked again', async () => {
    const server = await startKeptServer();
    server.onRequest = ({ socket }) => socket.resetAndDestroy();
    await expect(send(server.port, 'x'.repeat(64 * 2 ** 20))).rejects.toBeInstanceOf(NoAnswer);
    expect(server.sockets).toHaveLength(1);
  });
});

describe('a server that answers before it has read the request', () => {
  const characters = 16 * 2 ** 20;
  const TOO_LARGE = '{"error":{"message":"that is too much"}}';

  it('is heard, and sent no more of it', async () => {
    const sockets: Socket[] = [];
    const base = await startRawServer((socket) => {
      sockets.push(socket.pause());
      socket.write(`HTTP/1.1 413 Too Large\r\ncontent-length: ${TOO_LARGE.length}\r\n\r\n${TOO_LARGE}`);
    });
    const { post } = await startUpstreamWorld({ base });
    const response = await post('/v1/chat/completions', chat('x'.repeat(characters)));
    expect([response.status, await response.text()]).toEqual([
      413,
      expect.stringContaining('that is too much'),
    ]);
    const [socket] = sockets;
    if (socket !== undefined) await Promise.all([once(socket, 'close'), socket.resume()]);
    expect(socket?.bytesRead).toBeLessThan(characters);
  });

  it('streams its answer meanwhile', async () => {
    const base = await startRawServer((socket) => {
      socket.write(`${HEAD}\r\n${EVENTS}`);
      socket.end();
    });
    const { post } = await startUpstreamWorld({ base });
    const lines = parseStream(await (await post('/api/chat', chat('x'.repeat(2 ** 20)))).text());
    expect(lines).toMatchObject([{ message: { content: 'größer 😀' } }, { done: true }]);
  });
});

describe('an address that does not answer', () => {
  it('is given up, and said to be out of reach', async () => {
    const script =
      "const s=require('net').createServer();s.listen({port:0,host:'127.0.0.1',backlog:1},()=>console.log(s.address().port))";
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [told] = await once(child.stdout, 'data');
    const port = Number(String(told));
    // A process that is stopped accepts nothing; the system does so for it until its queue is full.
    child.kill('SIGSTOP');
    const waiting = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'));
    for (const socket of waiting) socket.on('error', () => undefined);
    onTestFinished(() => {
      for (const socket of waiting) socket.destroy();
    });
    await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, 'connect')));
    const { post } = await startUpstreamWorld({
      base: `http://127.0.0.1:${port}/v1`,
      bee: { models: ['llama3'] },
      limits: { silenceMs: 600_000 },
    });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let isOver = false;
    const asked = post('/api/chat', chat('?', { stream: false })).finally(() => {
      isOver = true;
    });
    for (; !isOver; await loopTurn()) await vi.advanceTimersByTimeAsync(100);
    vi.useRealTimers();
    const response = await asked;
    expect([response.status, await response.json()]).toEqual([
      503,
      { error: 'the upstream cannot be reached (ETIMEDOUT)' },
    ]);
    expect(response.headers.get('retry-after')).toBe('5');
  });
});

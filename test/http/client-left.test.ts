/** A client that leaves while its request waits for something is answered by nobody, and told of to nobody. */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import type { Model } from '../../src/core/model.js';
import type { TurnRequest } from '../../src/core/request.js';
import { createAnthropicSurface } from '../../src/http/anthropic/surface.js';
import { OpenStreams } from '../../src/http/answer/open-streams.js';
import { systemClock } from '../../src/http/clock.js';
import { createOllamaSurface } from '../../src/http/ollama/surface.js';
import { createOpenAISurface } from '../../src/http/openai/surface.js';
import { toMesh, type Conversation } from '../conversation.js';
import { eventually } from '../eventually.js';
import { rawClient } from '../faults/raw-client.js';
import { modelOf } from '../model.js';
import { serveSurface } from './serve-surface.js';

const MODEL = modelOf('m');
const messages = [{ role: 'user', content: 'hi' }];

const ROUTES = [
  { path: '/api/chat', create: createOllamaSurface, body: { messages } },
  { path: '/api/generate', create: createOllamaSurface, body: { prompt: 'hi' } },
  { path: '/v1/chat/completions', create: createOpenAISurface, body: { messages } },
  { path: '/v1/completions', create: createOpenAISurface, body: { prompt: 'hi' } },
  { path: '/v1/responses', create: createOpenAISurface, body: { input: 'hi' } },
  { path: '/v1/messages', create: createAnthropicSurface, body: { messages, max_tokens: 1 } },
];

const finish: Event = {
  type: 'finish',
  reason: 'stop',
  usage: { promptTokens: 1, completionTokens: 1, cachedTokens: 0, estimated: false },
};

/** What a request may wait for until `release` is called. */
type WaitsFor = 'its model' | 'its rights';

async function serve(create: (typeof ROUTES)[number]['create'], awaited: WaitsFor) {
  const toldOf: unknown[] = [];
  const streams = new OpenStreams(systemClock, { headerHoldMs: 10_000, clientStallMs: 10_000 });
  let begun = 0;
  let answered = 0;
  const waiting: (() => void)[] = [];
  const conversation: Conversation = {
    async *turn() {
      begun++;
      yield [{ type: 'text-delta', text: 'one' }];
      yield [finish];
    },
    models: () => [MODEL],
    link: () => 'up',
    callTool: () => Promise.reject(new Fault('not-offered', 'no bee on this hum offers it')),
  };
  const url = await serveSurface({
    create,
    conversation,
    streams,
    ...(awaited === 'its model'
      ? {
          mesh: {
            ...toMesh(conversation),
            resolveModel: () => new Promise<Model>((resolve) => waiting.push(() => resolve(MODEL))),
          },
        }
      : {
          grantRights: (asked: TurnRequest) =>
            new Promise<TurnRequest>((resolve) => waiting.push(() => resolve(asked))),
        }),
    log: pino({ level: 'warn' }, { write: (line) => void toldOf.push(line) }),
    audit: { failed: (record) => void toldOf.push(record) },
    watcher: {
      failed: (fault) => void toldOf.push(fault),
      answered: () => void answered++,
      keyRefused: () => undefined,
    },
  });
  return {
    url,
    streams,
    toldOf,
    begun: () => begun,
    /** How many answers are out, or will never be. */
    answered: () => answered,
    waiting: () => waiting.length,
    release: () => {
      for (const go of waiting.splice(0)) go();
    },
  };
}

function request(path: string, body: object): string {
  const text = JSON.stringify({ model: 'm', ...body });
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}

type Served = ReturnType<typeof serve> extends Promise<infer Value> ? Value : never;

/** By then all that goes on for others has gone on. */
async function answerAnother(served: Served, bytes: string): Promise<void> {
  const client = await rawClient(served.url);
  client.send(bytes);
  await eventually(() => expect(served.waiting()).toBe(1));
  served.release();
  await client.until('one');
}

describe.each(ROUTES)('clients of $path that leave while they wait', ({ path, create, body }) => {
  it.each([
    ['streamed', true, 'its model'],
    ['whole', false, 'its model'],
    ['streamed', true, 'its rights'],
    ['whole', false, 'its rights'],
  ] as const)(
    'begin no turn, open no stream, and are no failure: %s (%j, for %s)',
    async (_, stream, awaited) => {
      const served = await serve(create, awaited);
      const clients = await Promise.all(Array.from({ length: 5 }, () => rawClient(served.url)));
      for (const client of clients) client.send(request(path, { ...body, stream }));
      await eventually(() => expect(served.waiting()).toBe(5));
      for (const { socket } of clients) socket.destroy();
      await eventually(() => expect(served.answered()).toBe(5));
      served.release();
      await answerAnother(served, request(path, { ...body, stream }));
      await eventually(() => expect(served.answered()).toBe(6));
      expect([served.begun(), served.streams.size, served.toldOf]).toEqual([1, 0, []]);
    },
  );
});

describe('clients whose requests came one behind the other on one connection', () => {
  it('leave all of them when it closes', async () => {
    const served = await serve(createOllamaSurface, 'its model');
    const client = await rawClient(served.url);
    for (let sent = 0; sent < 3; sent++) client.send(request('/api/chat', { messages }));
    await eventually(() => expect(served.waiting()).toBe(3));
    client.socket.destroy();
    await eventually(() => expect(served.answered()).toBe(3));
    served.release();
    await answerAnother(served, request('/api/chat', { messages }));
    await eventually(() => expect(served.answered()).toBe(4));
    expect([served.begun(), served.streams.size, served.toldOf]).toEqual([1, 0, []]);
  });
});

describe('a stream', () => {
  it('is not opened on a response that is closed already', async () => {
    const streams = new OpenStreams(systemClock, { headerHoldMs: 10_000, clientStallMs: 10_000 });
    const server = createServer();
    onTestFinished(() => void server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const socket = connect(address.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const [, outgoing] = await once(server, 'request');
    const closed = once(outgoing, 'close');
    socket.destroy();
    await closed;
    const open = () => streams.open(outgoing, { contentType: 'text/plain' });
    expect(open).toThrow(expect.objectContaining({ code: 'client-left' }));
    expect(streams.size).toBe(0);
  });
});

/** The coupling to `chunkedEncoding`, which Node does not document: that it holds, and what happens where it does not. */
import { once } from 'node:events';
import { createServer, OutgoingMessage } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OpenStreams } from '../../src/http/answer/open-streams.js';
import { canFrameChunks } from '../../src/http/answer/own-chunks.js';
import { systemClock } from '../../src/http/clock.js';
import { chat, startWorld } from '../front-door/world.js';
import { head, rawExchange } from './raw-exchange.js';

const TEXTS = ['one', 'é\u2028', '{"a":"b"}\n'];
const CHUNKS = '3\r\none\r\n5\r\né\u2028\r\na\r\n{"a":"b"}\n\r\n';

describe('a stream', () => {
  it.each([true, false])('has the same bytes, whoever frames its chunks (ourselves: %s)', async (frames) => {
    const url = await serveStream(frames);
    const { raw, headers } = await rawExchange(url, head('GET / HTTP/1.1', 'host: localhost'));
    expect(headers.get('transfer-encoding')).toBe('chunked');
    expect(raw.slice(raw.indexOf('\r\n\r\n') + 4)).toBe(`${CHUNKS}4\r\nlast\r\n0\r\n\r\n`);
  });

  it.each([true, false])('has no chunks for a client of HTTP/1.0 (ourselves: %s)', async (frames) => {
    const url = await serveStream(frames);
    const { body } = await rawExchange(url, head('GET / HTTP/1.0'));
    expect(body).toBe(`${TEXTS.join('')}last`);
  });
});

describe('the trial at start-up', () => {
  it('says that this Node sends what it is given once chunkedEncoding is false', async () => {
    expect(await canFrameChunks(systemClock)).toBe(true);
  });

  it('says no to a Node that goes on framing', async () => {
    const values = new WeakMap<object, boolean>();
    Object.defineProperty(OutgoingMessage.prototype, 'chunkedEncoding', {
      configurable: true,
      get() {
        return values.get(this);
      },
      set(value: boolean) {
        if (!this.headersSent) values.set(this, value);
      },
    });
    onTestFinished(() => void Reflect.deleteProperty(OutgoingMessage.prototype, 'chunkedEncoding'));
    expect(await canFrameChunks(systemClock)).toBe(false);
  });

  it('says no to a Node that sends nothing', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const ends = vi.spyOn(OutgoingMessage.prototype, 'end').mockReturnThis();
    const writes = vi.spyOn(OutgoingMessage.prototype, 'write').mockReturnValue(true);
    onTestFinished(() => [ends, writes].forEach((spy) => void spy.mockRestore()));
    const found = canFrameChunks(systemClock);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await found).toBe(false);
  });
});

describe('a bridge', () => {
  it('frames the chunks of its streams itself', async () => {
    const world = await startWorld();
    const writes = vi.spyOn(OutgoingMessage.prototype, 'write');
    onTestFinished(() => void writes.mockRestore());
    await (await world.post('/api/chat', chat('hi'))).text();
    expect(writes.mock.calls.map(([text]) => String(text))).toContainEqual(
      expect.stringMatching(/\r\n0\r\n\r\n$/),
    );
  });
});

/** A server that answers with a stream of all the texts. */
async function serveStream(framesChunks: boolean): Promise<string> {
  const limits = { headerHoldMs: 10_000, clientStallMs: 10_000 };
  const streams = new OpenStreams(systemClock, limits, framesChunks);
  const server = createServer((_, outgoing) => {
    const stream = streams.open(outgoing, { contentType: 'text/plain' });
    for (const text of TEXTS) stream.write(text);
    stream.end('last');
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

/**
 * Finds out whether streams may frame their chunks themselves. Their way hangs on a property of Node's responses that no
 * documentation has: with `chunkedEncoding` set to false once the head is written, Node sends what it is given as it is. So
 * it is tried on a response that goes nowhere, and where Node does anything else streams leave the framing to it.
 */
import { createServer } from 'node:http';
import { Duplex } from 'node:stream';
import type { Clock } from '../clock.js';
import { OpenStream } from './open-streams.js';

/** The trial takes a millisecond or two; without its end by then Node does something else. */
const TRIAL_TIMEOUT_MS = 1_000;

const REQUEST = 'GET / HTTP/1.1\r\nhost: trial\r\nconnection: close\r\n\r\n';
/** What a client has to get of a stream of the texts 'one', 'é' and 'last' (RFC 9112 §7.1). */
const BODY = '3\r\none\r\n2\r\né\r\n4\r\nlast\r\n0\r\n\r\n';

/**
 * Never rejects. To be awaited before the first stream is opened; the answer is the same for the whole life of a process.
 */
export function canFrameChunks(clock: Clock): Promise<boolean> {
  const server = createServer((_, outgoing) => {
    const stream = new OpenStream(outgoing, { contentType: 'text/plain' }, clock, true);
    stream.write('one');
    stream.write('é');
    stream.end('last');
  });
  return new Promise((resolve) => {
    const socket = new TrialSocket((sent) => {
      clearTimeout(timer);
      const headEnd = sent.indexOf('\r\n\r\n');
      const isChunked = /\r\ntransfer-encoding: chunked\r\n/i.test(sent.slice(0, headEnd + 2));
      resolve(isChunked && sent.slice(headEnd + 4) === BODY);
    });
    const timer = setTimeout(() => socket.destroy(), TRIAL_TIMEOUT_MS);
    // A documented way to hand a server a connection that no network has.
    server.emit('connection', socket);
    socket.push(REQUEST);
  });
}

/** Sends one request and reports all that came back, once the server has closed the connection or it is destroyed. */
class TrialSocket extends Duplex {
  readonly #chunks: Buffer[] = [];
  readonly #onClose: (sent: string) => void;

  constructor(onClose: (sent: string) => void) {
    super();
    this.#onClose = onClose;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    done();
    this.destroy();
  }

  override _destroy(_: Error | null, done: () => void): void {
    this.#onClose(Buffer.concat(this.#chunks).toString());
    done();
  }
}

/** Reads a request's body from the socket, bounded. */
import type { IncomingMessage } from 'node:http';
import { Fault } from '../conversation/fault.js';

/**
 * The whole body. Rejects with `body-too-large` (at once where `content-length` says so) or, if the client leaves
 * before its end, with `bad-request` (nobody reads it).
 */
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge(maxBytes));
      return;
    }
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      incoming.removeAllListeners('data');
      incoming.resume();
      reject(tooLarge(maxBytes));
    });
    incoming.on('end', () => {
      const [first] = chunks;
      resolve(chunks.length === 1 && first ? first : Buffer.concat(chunks));
    });
    incoming.on('error', (cause) =>
      reject(new Fault('bad-request', 'the body stopped before its end', { cause })),
    );
    incoming.on('close', () => reject(new Fault('bad-request', 'the body stopped before its end')));
  });
}

export function tooLarge(maxBytes: number): Fault {
  return new Fault('body-too-large', `the request body is larger than ${maxBytes} bytes`);
}

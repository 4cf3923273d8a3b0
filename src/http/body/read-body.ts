/** Reads a request's body from the socket, bounded in size and time. */
import type { IncomingMessage } from 'node:http';
import { Fault } from '../../core/fault.js';
import { joinChunks } from './join-chunks.js';

export interface BodyLimits {
  /** The longest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** How long it may take to come, in ms. */
  readonly bodyTimeoutMs: number;
}

/**
 * The whole body. Rejects with `body-too-large` (at once where `content-length` says so), with `body-timeout` if it is not
 * whole in time, or, if the client leaves before its end, with `bad-request` (nobody reads it).
 */
export async function readBody(incoming: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const { maxBodyBytes } = limits;
  const length = Number(incoming.headers['content-length'] ?? 0);
  if (length > maxBodyBytes) throw tooLarge(maxBodyBytes);
  // What came in one packet with its head is there a moment later: it takes no timer, and no listener.
  await undefined;
  if (length === 0 || incoming.readableLength !== length) return gatherBody(incoming, limits);
  const bytes: Buffer = incoming.read();
  if (!incoming.complete) incoming.resume();
  return bytes;
}

/** A body of which some is still on its way. */
function gatherBody(incoming: IncomingMessage, { maxBodyBytes, bodyTimeoutMs }: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    /** What still comes is read and forgotten, so that the client gets to see the answer. */
    const giveUp = (fault: Fault) => {
      incoming.removeAllListeners('data');
      incoming.resume();
      reject(fault);
    };
    const timer = setTimeout(() => giveUp(tooSlow(bodyTimeoutMs)), bodyTimeoutMs);
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) {
        chunks.push(chunk);
        return;
      }
      clearTimeout(timer);
      giveUp(tooLarge(maxBodyBytes));
    });
    incoming.on('end', () => {
      clearTimeout(timer);
      resolve(joinChunks(chunks, bytes));
    });
    incoming.on('error', (cause) => {
      clearTimeout(timer);
      reject(new Fault('bad-request', 'the body stopped before its end', { cause }));
    });
    incoming.on('close', () => {
      clearTimeout(timer);
      // Every request comes by here, and an error takes the trouble of a stack.
      if (!incoming.readableEnded) reject(new Fault('bad-request', 'the body stopped before its end'));
    });
  });
}

export function tooLarge(maxBytes: number): Fault {
  return new Fault('body-too-large', `the request body is larger than ${maxBytes} bytes`);
}

function tooSlow(timeoutMs: number): Fault {
  return new Fault('body-timeout', `the request body did not come within ${timeoutMs} ms`);
}

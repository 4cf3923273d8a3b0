/** Reads a request's body from the socket, bounded in size and time. */
import type { IncomingMessage } from 'node:http';
import { clientLeft, type TurnSignal } from '../../core/abort.js';
import { Fault } from '../../core/fault.js';

export interface BodyLimits {
  /** The longest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** How long it may take to come, in ms. */
  readonly bodyTimeoutMs: number;
}

/** A body as it came: its chunks in order, and how many bytes they are. */
export interface ReadBody {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
}

/**
 * The whole body. Rejects with `body-too-large` (at once where `content-length` says so), with `body-timeout` if it is not
 * whole in time, and with `client-left` if the client leaves before its end.
 */
export async function readBody(
  incoming: IncomingMessage,
  limits: BodyLimits,
  gone: TurnSignal,
): Promise<ReadBody> {
  const { maxBodyBytes } = limits;
  const length = Number(incoming.headers['content-length'] ?? 0);
  if (length > maxBodyBytes) throw tooLarge(maxBodyBytes);
  // What came in one packet with its head is there a moment later: it takes no timer, and no listener.
  await undefined;
  if (length === 0 || incoming.readableLength !== length) return gatherBody(incoming, limits, gone);
  const chunk: Buffer = incoming.read();
  if (!incoming.complete) incoming.resume();
  return { chunks: [chunk], bytes: length };
}

/** Chunks below this are joined by the hundred: of a body in chunks of a byte each, the memory would be a hundred times its size. */
const SMALL_CHUNK_BYTES = 1_024;
const SMALL_CHUNKS = 256;

/** A body of which some is still on its way. */
function gatherBody(
  incoming: IncomingMessage,
  { maxBodyBytes, bodyTimeoutMs }: BodyLimits,
  gone: TurnSignal,
): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    gone.throwIfAborted();
    const chunks: Buffer[] = [];
    let small: Buffer[] = [];
    let bytes = 0;
    const joinSmall = () => {
      if (small.length > 0) chunks.push(small.length === 1 && small[0] ? small[0] : Buffer.concat(small));
      small = [];
    };
    /** What still comes is read and forgotten, so that the client gets to see the answer. */
    const giveUp = (fault: Fault) => {
      incoming.removeAllListeners('data');
      incoming.resume();
      reject(fault);
    };
    const timer = setTimeout(() => giveUp(tooSlow(bodyTimeoutMs)), bodyTimeoutMs);
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) {
        clearTimeout(timer);
        giveUp(tooLarge(maxBodyBytes));
        return;
      }
      if (chunk.length >= SMALL_CHUNK_BYTES || small.length === SMALL_CHUNKS) joinSmall();
      if (chunk.length >= SMALL_CHUNK_BYTES) chunks.push(chunk);
      else small.push(chunk);
    });
    incoming.on('end', () => {
      clearTimeout(timer);
      joinSmall();
      resolve({ chunks, bytes });
    });
    incoming.on('error', () => {
      clearTimeout(timer);
      reject(clientLeft());
    });
    incoming.on('close', () => {
      clearTimeout(timer);
      // Every request comes by here, and an error takes the trouble of a stack.
      if (!incoming.readableEnded) reject(clientLeft());
    });
  });
}

export function tooLarge(maxBytes: number): Fault {
  return new Fault('body-too-large', `the request body is larger than ${maxBytes} bytes`);
}

function tooSlow(timeoutMs: number): Fault {
  return new Fault('body-timeout', `the request body did not come within ${timeoutMs} ms`);
}

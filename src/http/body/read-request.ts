/** From a request on its way to what its route makes of the body: at once, or in a thread for a large or compressed one. */
import type { Context } from 'hono';
import { Fault } from '../../core/fault.js';
import { LARGE, requestThreads } from '../../threads/request-threads.js';
import type { Task } from '../../threads/task.js';
import type { ThreadPool } from '../../threads/thread-pool.js';
import { clientGone, clientOf } from '../caller.js';
import type { HttpEnv } from '../surface.js';
import { type BodyInput, type Encoding, encodingOf } from './decode-body.js';
import { countValues } from './parse-json-object.js';
import { type BodyLimits, readBody } from './read-body.js';

export interface ReadOptions {
  /** What the body is taken for, whatever its headers say. */
  readonly encoding?: Encoding;
  readonly threads?: ThreadPool;
}

/**
 * What `reader` makes of the body. A large or compressed one takes one trip to a thread, where it is decoded, parsed and
 * checked; its bytes are handed over. Rejects with `body-too-large` for a body that is, as sent or decoded, longer than
 * `maxBodyBytes`, with `body-timeout`, `bad-request` for an encoding that is not known or bytes that are none of it, what
 * `reader` throws, and as `ThreadPool.run` does; with `client-left` as soon as the client leaves.
 */
export async function readRequest<Facts, Read>(
  c: Context<HttpEnv>,
  limits: BodyLimits,
  reader: Task<BodyInput<Facts>, Read>,
  facts: Facts,
  options: ReadOptions = {},
): Promise<Read> {
  const { incoming } = c.env;
  const gone = clientGone(c);
  const { encoding = encodingOf(incoming.headers), threads = requestThreads } = options;
  const { chunks, bytes } = await readBody(incoming, limits, gone);
  gone.throwIfAborted();
  if (encoding === 'identity' && bytes <= LARGE) {
    const text = toText(chunks);
    if (workOf(text, bytes) <= LARGE) return reader.run({ text, facts });
  }
  const body = { chunks: chunks.map(owned), encoding, maxBytes: limits.maxBodyBytes, facts };
  return threads.run(reader, body, gone, clientOf(c)).catch((error: unknown) => {
    const isBomb = encoding !== 'identity' && error instanceof Fault && error.code === 'timeout';
    throw isBomb ? tooLong(error) : error;
  });
}

function toText(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  return (chunks.length === 1 && first ? first : Buffer.concat(chunks)).toString('utf8');
}

/** Memory of its own, which can be handed over: small buffers share theirs. */
function owned(chunk: Buffer): Uint8Array {
  return chunk.length === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk);
}

/** No body that clients send takes as long as some that are made for it, and another try would take as long. */
function tooLong(cause: Fault): Fault {
  return new Fault('bad-request', 'The compressed body of your request takes too long to decompress.', {
    cause,
  });
}

/** What one value takes to be read, checked and converted, as the bytes of a long text that take as much. */
const BYTES_PER_VALUE = 256;

/**
 * How much work a body is, which is not only a matter of its length: 4,096 small values hold up the event loop as long as
 * 1 MiB of text. Right about what is past `LARGE`, and exact only near it.
 * @param bytes the length of `json` in bytes
 */
export function workOf(json: string, bytes: number): number {
  // Nearly every body: it could not be large if each of its bytes counted.
  if (bytes * (1 + BYTES_PER_VALUE) <= LARGE) return bytes;
  const room = Math.max(0, LARGE - bytes);
  return bytes + BYTES_PER_VALUE * countValues(json, Math.ceil(room / BYTES_PER_VALUE) + 1);
}

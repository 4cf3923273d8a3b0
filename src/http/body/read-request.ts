/**
 * From a request on its way to what its route makes of the body, which is bounded in size and time: at once, or in a thread for a
 * large or compressed one.
 */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { clientLeft, type TurnSignal } from '../../core/abort.js';
import { Fault } from '../../core/fault.js';
import { requestThreads } from '../../threads/request-threads.js';
import type { Task } from '../../threads/task.js';
import type { ThreadPool } from '../../threads/thread-pool.js';
import { digestOf, TimedOut } from '../../threads/timed-out.js';
import { LARGE } from '../../threads/weight.js';
import { clientGone } from '../caller.js';
import type { HttpEnv } from '../surface.js';
import { gatheredBodies } from './body-budget.js';
import { type BodyInput, type Encoding, encodingOf, tooLarge } from './decode-body.js';
import { countValues } from './parse-json-object.js';
import type { BodyLimits } from './request-limits.js';

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
  const { headers } = incoming;
  const isPlain = headers['content-encoding'] === undefined;
  const { encoding = isPlain ? 'identity' : encodingOf(headers), threads = requestThreads } = options;
  const { chunks, bytes, release } = await readBody(incoming, limits, gone);
  try {
    gone.throwIfAborted();
    if (encoding === 'identity' && bytes <= LARGE) {
      const text = toText(chunks);
      if (workOf(text, bytes) <= LARGE) return reader.run({ text, facts });
    }
    const body = { chunks, encoding, maxBytes: limits.maxBodyBytes, facts };
    return await readInThread(reader, body, bytes, gone, threads);
  } finally {
    release?.();
  }
}

async function readInThread<Facts, Read>(
  reader: Task<BodyInput<Facts>, Read>,
  {
    chunks,
    ...body
  }: Extract<BodyInput<Facts>, { chunks: unknown }> & { readonly chunks: readonly Buffer[] },
  bytes: number,
  gone: TurnSignal,
  threads: ThreadPool,
): Promise<Read> {
  const isCompressed = body.encoding !== 'identity';
  // What takes long for its length is short.
  const digest = isCompressed && bytes <= LARGE ? digestOf(chunks) : undefined;
  if (digest !== undefined && timedOut.has(digest)) throw tooLong();
  try {
    return await threads.run(reader, { ...body, chunks: chunks.map(owned) }, gone);
  } catch (error) {
    if (!isCompressed || !(error instanceof Fault) || error.code !== 'timeout') throw error;
    if (digest !== undefined) timedOut.add(digest);
    throw tooLong(error);
  }
}

function toText(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  return (chunks.length === 1 && first ? first : Buffer.concat(chunks)).toString('utf8');
}

/** Memory of its own, which can be handed over: small buffers share theirs. */
function owned(chunk: Buffer): Uint8Array {
  return chunk.length === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk);
}

/** Compressed bodies that took too long. */
const timedOut = new TimedOut();

/** No body that clients send takes as long as some that are made for it, and another try would take as long. */
function tooLong(cause?: Fault): Fault {
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

/** A body as it came: its chunks in order, and how many bytes they are. */
export interface ReadBody {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  /** To be called when they are not needed any more; absent for those of one packet. */
  readonly release?: () => void;
}

/**
 * The whole body. Rejects with `body-too-large` (at once where `content-length` says so), with `body-timeout` if it is not
 * whole in time, with `busy` where all bodies together are too much, and with `client-left` if the client leaves before its end.
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
  { maxBodyBytes, maxTotalBodyBytes, bodyTimeoutMs }: BodyLimits,
  gone: TurnSignal,
): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    gone.throwIfAborted();
    let chunks: Buffer[] = [];
    let small: Buffer[] = [];
    const joinSmall = () => {
      if (small.length > 0) chunks.push(small.length === 1 && small[0] ? small[0] : Buffer.concat(small));
      small = [];
    };
    /** What still comes is read and forgotten, so that the client gets to see the answer. */
    const giveUp = (fault: Fault) => {
      clearTimeout(timer);
      gatheredBodies.remove(body);
      chunks = [];
      small = [];
      incoming.removeAllListeners('data');
      incoming.resume();
      reject(fault);
    };
    const body = { client: gone.client ?? '', bytes: 0, isWhole: false, refuse: giveUp };
    const timer = setTimeout(() => giveUp(tooSlow(bodyTimeoutMs)), bodyTimeoutMs);
    incoming.on('data', (chunk: Buffer) => {
      body.bytes += chunk.length;
      if (body.bytes > maxBodyBytes) {
        giveUp(tooLarge(maxBodyBytes));
        return;
      }
      if (chunk.length >= SMALL_CHUNK_BYTES || small.length === SMALL_CHUNKS) joinSmall();
      if (chunk.length >= SMALL_CHUNK_BYTES) chunks.push(chunk);
      else small.push(chunk);
      gatheredBodies.update(body, maxTotalBodyBytes);
    });
    incoming.on('end', () => {
      clearTimeout(timer);
      joinSmall();
      body.isWhole = true;
      resolve({ chunks, bytes: body.bytes, release: () => gatheredBodies.remove(body) });
    });
    const leave = () => {
      clearTimeout(timer);
      gatheredBodies.remove(body);
      reject(clientLeft());
    };
    incoming.on('error', leave);
    incoming.on('close', () => {
      clearTimeout(timer);
      // Every request comes by here, and an error takes the trouble of a stack.
      if (!incoming.readableEnded) leave();
    });
  });
}

function tooSlow(timeoutMs: number): Fault {
  return new Fault('body-timeout', `the request body did not come within ${timeoutMs} ms`);
}

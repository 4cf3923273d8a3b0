/** The text of a request's body as it was before it was compressed: agents send gzip, deflate, br and zstd. */
import type { IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import zlib, { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { Fault } from '../../core/fault.js';

/** What a route's reader is given: the body, and what else it goes by. */
export type BodyInput<Facts = undefined> = (TextBody | SentBody) & { readonly facts: Facts };

interface TextBody {
  readonly text: string;
}

/** A body as it came. */
interface SentBody {
  readonly chunks: readonly Uint8Array[];
  readonly encoding: Encoding;
  /** The longest that it may be once decoded. */
  readonly maxBytes: number;
}

export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br' | 'zstd';

const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
]);

/** What the headers say that the body is. Throws `bad-request` for an encoding that is not known, or several of them. */
export function encodingOf(headers: IncomingHttpHeaders): Encoding {
  const encoding = ENCODINGS.get((headers['content-encoding'] ?? '').trim().toLowerCase());
  if (encoding !== undefined) return encoding;
  const message =
    "This Content-Encoding is not supported. Use one of 'gzip', 'deflate', 'br', 'zstd', or none.";
  throw new Fault('bad-request', message, { reason: 'unsupported_content_encoding' });
}

/** Throws `body-too-large` if the body is so once decoded, and `bad-request` for bytes that are none of its encoding. */
export function decodeBody({ chunks, encoding, maxBytes }: SentBody): string {
  return decode(Buffer.concat(chunks), encoding, maxBytes).toString('utf8');
}

export function tooLarge(maxBytes: number): Fault {
  return new Fault('body-too-large', `the request body is larger than ${maxBytes} bytes`);
}

function decode(bytes: Buffer, encoding: Encoding, maxBytes: number): Buffer {
  if (encoding === 'identity') return bytes;
  try {
    const decoded = DECODERS[encoding](bytes, maxBytes);
    if (decoded.length <= maxBytes) return decoded;
  } catch (cause) {
    // What zlib throws when it reaches `maxOutputLength`.
    if (!(cause instanceof RangeError)) throw notDecompressed(cause);
  }
  throw tooLarge(maxBytes);
}

/** May throw a RangeError where more than `maxBytes` come out, and anything for what cannot be decoded. */
type Decode = (bytes: Buffer, maxBytes: number) => Buffer;

const DECODERS: Readonly<Record<Exclude<Encoding, 'identity'>, Decode>> = {
  gzip: (bytes, maxBytes) => gunzipSync(bytes, bounded(maxBytes)),
  // Some clients mean the raw form by `deflate`.
  deflate: (bytes, maxBytes) =>
    hasZlibHead(bytes) ? inflateSync(bytes, bounded(maxBytes)) : inflateRawSync(bytes, bounded(maxBytes)),
  br: (bytes, maxBytes) => brotliDecompressSync(bytes, bounded(maxBytes)),
  zstd: decodeZstd,
};

/** What is decoded at once, between two moments at which its thread can be ended. */
const CHUNK_BYTES = 2 ** 18;

function bounded(maxBytes: number) {
  return { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES };
}

function notDecompressed(cause?: unknown): Fault {
  const message = 'The compressed body of your request could not be decompressed.';
  return new Fault('bad-request', message, { cause });
}

/** The two bytes before zlib's own form of deflate: method 8, and a check sum. */
function hasZlibHead(bytes: Buffer): boolean {
  if (bytes.length < 2) return false;
  return ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

/** No larger window is allowed for HTTP (RFC 9659). */
const MAX_WINDOW_BYTES = 8 * 2 ** 20;

/** Frame by frame, as their heads have it: Node's own decoder takes a frame that is cut for whole, and the first for all. */
function decodeZstd(bytes: Buffer, maxBytes: number): Buffer {
  const decodeFrame = nodeZstd() ?? fzstd;
  const decoded: Buffer[] = [];
  let left = maxBytes;
  for (const { from, to, window } of framesOf(bytes)) {
    if (window > MAX_WINDOW_BYTES) throw notDecompressed();
    const content = decodeFrame(bytes.subarray(from, to), left);
    decoded.push(content);
    left -= content.length;
  }
  return Buffer.concat(decoded);
}

/** Node has zstd since 22.15. */
function nodeZstd(): Decode | undefined {
  const decompress: unknown = Reflect.get(zlib, 'zstdDecompressSync');
  if (typeof decompress !== 'function') return undefined;
  return (bytes, maxBytes) => {
    const content: unknown = decompress(bytes, bounded(Math.max(1, maxBytes)));
    if (!Buffer.isBuffer(content)) throw new TypeError('zlib gave no bytes');
    return content;
  };
}

/** Twenty bytes can keep it busy for a quarter of a minute: it is its thread that has an end. */
function fzstd(bytes: Buffer, maxBytes: number): Buffer {
  // Loaded only here: most never need it.
  const { Decompress }: typeof import('fzstd') = createRequire(import.meta.url)('fzstd');
  const chunks: Uint8Array[] = [];
  let size = 0;
  const decoder = new Decompress((chunk) => {
    size += chunk.length;
    if (size > maxBytes) throw new RangeError('too much came out');
    chunks.push(chunk);
  });
  decoder.push(bytes, true);
  return Buffer.concat(chunks);
}

const FRAME_MAGIC = 0xfd2fb528;
/** Sixteen magic numbers in a row announce frames to be skipped. */
const SKIPPABLE_MAGIC = 0x184d2a5;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const REPEATED_BYTE_BLOCK = 1;

export interface ZstdFrame {
  readonly from: number;
  /** Behind its last byte. */
  readonly to: number;
  /**
   * The memory that it wants, in bytes, which has to be known before it is decoded: a decoder takes a window of up to 2 GB at
   * the word of a 10 byte head.
   */
  readonly window: number;
}

/** The frames of a zstd file (RFC 8878 §3.1). Throws `bad-request` where `bytes` are not whole frames. */
export function* framesOf(bytes: Buffer): Generator<ZstdFrame, void, undefined> {
  for (let from = 0; from < bytes.length; ) {
    if (from + 8 > bytes.length) throw notDecompressed();
    const magic = bytes.readUInt32LE(from);
    const isSkipped = magic >>> 4 === SKIPPABLE_MAGIC;
    const frame = isSkipped ? undefined : readFrame(bytes, from, magic);
    const to = frame?.to ?? from + 8 + bytes.readUInt32LE(from + 4);
    if (to > bytes.length) throw notDecompressed();
    if (frame !== undefined) yield frame;
    from = to;
  }
}

function readFrame(bytes: Buffer, from: number, magic: number): ZstdFrame {
  const descriptor = bytes[from + 4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 1 << sizeFlag;
  const sizeAt = from + 5 + Number(!isSingleSegment) + dictionaryBytes;
  const blocksAt = sizeAt + sizeBytes;
  if (magic !== FRAME_MAGIC || blocksAt > bytes.length) throw notDecompressed();
  const window = isSingleSegment
    ? contentSize(bytes, sizeAt, sizeBytes)
    : describedWindow(bytes[from + 5] ?? 0);
  const checksumBytes = (descriptor & 4) === 0 ? 0 : 4;
  return { from, to: endOfBlocks(bytes, blocksAt) + checksumBytes, window };
}

function contentSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}

function describedWindow(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function endOfBlocks(bytes: Buffer, at: number): number {
  for (let next = at; next + 3 <= bytes.length; ) {
    const head = bytes.readUIntLE(next, 3);
    const isLast = (head & 1) !== 0;
    const size = ((head >> 1) & 3) === REPEATED_BYTE_BLOCK ? 1 : head >> 3;
    next += 3 + size;
    if (isLast) return next;
  }
  throw notDecompressed();
}

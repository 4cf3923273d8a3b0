/**
 * How much memory a zstd body wants, read from its frames before anything is decompressed: the decoder takes a window of up to
 * 2 GB at the word of a 10 byte head (RFC 8878 §3.1).
 */

const FRAME_MAGIC = 0xfd2fb528;
/** Sixteen magic numbers in a row announce frames to be skipped. */
const SKIPPABLE_MAGIC = 0x184d2a5;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const REPEATED_BYTE_BLOCK = 1;

/** The largest window of all frames, in bytes; undefined if `bytes` are not whole frames. */
export function largestWindow(bytes: Buffer): number | undefined {
  let largest = 0;
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) return undefined;
    const magic = bytes.readUInt32LE(at);
    if (magic >>> 4 === SKIPPABLE_MAGIC) {
      at += 8 + bytes.readUInt32LE(at + 4);
      if (at > bytes.length) return undefined;
      continue;
    }
    const frame = magic === FRAME_MAGIC ? readHead(bytes, at) : undefined;
    const end = frame && endOfBlocks(bytes, frame.blocksAt);
    if (!frame || end === undefined) return undefined;
    largest = Math.max(largest, frame.window);
    at = end + frame.checksumBytes;
    if (at > bytes.length) return undefined;
  }
  return largest;
}

interface FrameHead {
  readonly window: number;
  readonly blocksAt: number;
  readonly checksumBytes: number;
}

function readHead(bytes: Buffer, at: number): FrameHead | undefined {
  const descriptor = bytes[at + 4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 1 << sizeFlag;
  const sizeAt = at + 5 + Number(!isSingleSegment) + dictionaryBytes;
  const blocksAt = sizeAt + sizeBytes;
  if (blocksAt > bytes.length) return undefined;
  const window = isSingleSegment
    ? contentSize(bytes, sizeAt, sizeBytes)
    : describedWindow(bytes[at + 5] ?? 0);
  return { window, blocksAt, checksumBytes: (descriptor & 4) === 0 ? 0 : 4 };
}

function contentSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}

function describedWindow(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Where the blocks end that begin at `at`; undefined if they do not end within `bytes`. */
function endOfBlocks(bytes: Buffer, at: number): number | undefined {
  for (let next = at; next + 3 <= bytes.length; ) {
    const head = bytes.readUIntLE(next, 3);
    const isLast = (head & 1) !== 0;
    const size = ((head >> 1) & 3) === REPEATED_BYTE_BLOCK ? 1 : head >> 3;
    next += 3 + size;
    if (isLast) return next;
  }
  return undefined;
}

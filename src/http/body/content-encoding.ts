/** Reads a request's body as it was before it was compressed: agents send gzip, deflate, br and zstd. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { Fault } from '../../core/fault.js';
import { type BodyLimits, readBody, tooLarge } from './read-body.js';
import { unzstd } from './unzstd.js';

type Decode = (bytes: Buffer, maxBytes: number) => Promise<Buffer>;

const decoders: Readonly<Record<string, Decode>> = {
  gzip: bounded(promisify(gunzip)),
  'x-gzip': bounded(promisify(gunzip)),
  deflate: (bytes, maxBytes) => (hasZlibHead(bytes) ? inflated : inflatedRaw)(bytes, maxBytes),
  br: bounded(promisify(brotliDecompress)),
  zstd: unzstd,
};
const inflated = bounded(promisify(inflate));
/** What some clients mean by `deflate`. */
const inflatedRaw = bounded(promisify(inflateRaw));

/**
 * The whole body, decoded. Rejects with `body-too-large` if it is, as sent or decoded, longer than `maxBodyBytes`, with
 * `body-timeout` if it is too long on its way, and with `bad-request` for an encoding that is not known, several of them,
 * or bytes that are none of the one it names.
 */
export async function readDecodedBody(incoming: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const encoding = (incoming.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return readBody(incoming, limits);
  const decode = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (!decode) throw unknownEncoding();
  return decode(await readBody(incoming, limits), limits.maxBodyBytes);
}

function bounded(decode: (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>): Decode {
  return async (bytes, maxBytes) => {
    try {
      return await decode(bytes, { maxOutputLength: maxBytes });
    } catch (cause) {
      if (cause instanceof RangeError) throw tooLarge(maxBytes);
      throw new Fault('bad-request', 'The compressed body of your request could not be decompressed.', {
        cause,
      });
    }
  };
}

/** The two bytes before zlib's own form of deflate: method 8, and a check sum. */
function hasZlibHead(bytes: Buffer): boolean {
  if (bytes.length < 2) return false;
  return ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

function unknownEncoding(): Fault {
  const message =
    "This Content-Encoding is not supported. Use one of 'gzip', 'deflate', 'br', 'zstd', or none.";
  return new Fault('bad-request', message, { reason: 'unsupported_content_encoding' });
}

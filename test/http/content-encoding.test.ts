import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Fault } from '../../src/core/fault.js';
import { readDecodedBody } from '../../src/http/body/content-encoding.js';
import { largestWindow } from '../../src/http/body/zstd-window.js';

const text = '{"model":"m","input":"hé"} '.repeat(100);
/** What `zstd -19` makes of the text below. */
const RECORDED = 'KLUv/WRgAyUBAOB7Im1vZGVsIjoibSIsImlucHV0IjoiaMOpIn0KAQAE8f90AhP57zo=';
const RECORDED_TEXT = '{"model":"m","input":"hé"}\n'.repeat(40);

/** zstd without compression: a frame of raw blocks. */
function zstdOf(content: Buffer): Buffer {
  return Buffer.concat([zstdHead(), zstdBlock(0, content.length, content, true)]);
}

/** @param windowByte 2^(10 + windowByte / 8) bytes */
function zstdHead(windowByte = 0x58): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, windowByte]);
}

function zstdBlock(type: number, size: number, content: Buffer, isLast: boolean): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE(size * 8 + type * 2 + Number(isLast), 0, 3);
  return Buffer.concat([head, content]);
}

/** Sends `body` to a server that reads it with a limit of 10 000 bytes. */
async function read(body: Buffer | string, encoding?: string): Promise<string> {
  let read: Promise<Buffer> | undefined;
  const server = createServer((incoming, outgoing) => {
    read = readDecodedBody(incoming, { maxBodyBytes: 10_000, bodyTimeoutMs: 10_000 });
    read.then(
      () => outgoing.end(),
      () => outgoing.end(),
    );
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const headers: Record<string, string> = encoding === undefined ? {} : { 'content-encoding': encoding };
  await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers,
  });
  return String(await read);
}

const faultOf = (body: Buffer, encoding: string) =>
  read(body, encoding).catch((error: unknown) => Fault.from(error));
const spaces = Buffer.alloc(1_000_000, ' ');

describe('a body', () => {
  it.each<[string | undefined, Buffer]>([
    [undefined, Buffer.from(text)],
    ['identity', Buffer.from(text)],
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdOf(Buffer.from(text))],
  ])('is read as %s', async (encoding, body) => {
    expect(await read(body, encoding)).toBe(text);
  });

  it('of the real zstd is read', async () => {
    expect(await read(Buffer.from(RECORDED, 'base64'), 'zstd')).toBe(RECORDED_TEXT);
  });

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(spaces)],
    ['deflate', deflateSync(spaces)],
    ['br', brotliCompressSync(spaces)],
    [
      'zstd',
      Buffer.concat([
        zstdHead(),
        ...Array.from({ length: 500 }, () => zstdBlock(1, 131_072, Buffer.from(' '), false)),
        zstdBlock(1, 1, Buffer.from(' '), true),
      ]),
    ],
    ['identity', spaces],
  ])('is too large when it is so unpacked: %s', async (encoding, body) => {
    expect(await faultOf(body, encoding)).toMatchObject({ code: 'body-too-large' });
  });

  it.each<[string, Buffer]>([
    ['gzip', Buffer.from(text)],
    ['gzip', gzipSync(text).subarray(0, 40)],
    ['deflate', Buffer.from('x')],
    ['br', Buffer.from(text)],
    ['zstd', Buffer.from(text)],
    ['zstd', Buffer.from(RECORDED, 'base64').subarray(0, -8)],
    ['zstd', Buffer.concat([zstdHead(), zstdBlock(3, 0, Buffer.alloc(0), true)])],
    ['compress', Buffer.from(text)],
    ['gzip, gzip', gzipSync(gzipSync(text))],
    ['constructor', Buffer.from(text)],
  ])('is refused where it is not what it says: %s', async (encoding, body) => {
    expect(await faultOf(body, encoding)).toMatchObject({ code: 'bad-request' });
  });

  it('names the encodings that are taken', async () => {
    expect(await faultOf(Buffer.from(text), 'compress')).toMatchObject({
      reason: 'unsupported_content_encoding',
      message: expect.stringContaining("'gzip', 'deflate', 'br', 'zstd'"),
    });
  });
});

describe('a hostile zstd body', () => {
  it('gets no window larger than HTTP allows', async () => {
    const huge = Buffer.concat([zstdHead(0xa0), zstdBlock(0, 1, Buffer.from('x'), true)]);
    expect(largestWindow(huge)).toBe(2 ** 30);
    expect(await faultOf(huge, 'zstd')).toMatchObject({ code: 'bad-request' });
    const second = Buffer.concat([zstdOf(Buffer.from('x')), huge]);
    expect(await faultOf(second, 'zstd')).toMatchObject({ code: 'bad-request' });
  });

  it('of twenty bytes that decode for ever is given up, and blocks nobody meanwhile', async () => {
    const sequences = Buffer.from([0x00, 255, 0xff, 0xff, 0b01010100, 0, 0, 52, 0, 0, 0x80]);
    const bomb = Buffer.concat([zstdHead(), zstdBlock(2, sequences.length, sequences, true)]);
    expect(bomb.length).toBe(20);
    let beats = 0;
    const heart = setInterval(() => beats++, 100);
    expect(await faultOf(bomb, 'zstd')).toMatchObject({ code: 'bad-request' });
    clearInterval(heart);
    expect(beats).toBeGreaterThan(20);
  });
});

describe('the window of a zstd body', () => {
  it.each([
    ['no frame', Buffer.alloc(0), 0],
    ['a described one', zstdOf(Buffer.from('x')), 2 ** 21],
    ['the whole content', Buffer.from(RECORDED, 'base64'), Buffer.byteLength(RECORDED_TEXT)],
    ['a skipped frame', Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]), 0],
    ['a frame that is cut', zstdOf(Buffer.from('x')).subarray(0, -1), undefined],
    ['a skipped frame that is cut', Buffer.from([0x50, 0x2a, 0x4d, 0x18, 9, 0, 0, 0, 1, 2]), undefined],
    ['no zstd', Buffer.from('no zstd at all'), undefined],
  ])('is that of %s', (_, bytes, window) => {
    expect(largestWindow(bytes)).toBe(window);
  });
});

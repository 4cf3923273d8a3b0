import zlib, { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.js';
import type { Conversation } from '../../conversation.js';
import { type BodyInput, framesOf } from '../../../src/http/body/decode-body.js';
import { textOf } from '../../../src/http/body/parse-json-object.js';
import { readRequest } from '../../../src/http/body/read-request.js';
import { defineTask } from '../../../src/threads/task.js';
import { ThreadPool } from '../../../src/threads/thread-pool.js';
import { zstdBlock, zstdHead, zstdOf } from '../../zstd.js';
import { serveSurface } from '../serve-surface.js';

const NO_CONVERSATION: Conversation = {
  turn: () => {
    throw new Error('nothing is asked for here');
  },
  callTool: () => Promise.reject(new Error('nothing is asked for here')),
  models: () => [],
  link: () => 'up',
};

const text = '{"model":"m","input":"hé"} '.repeat(100);
/** What `zstd -19` makes of the text below. */
const RECORDED = 'KLUv/WRgAyUBAOB7Im1vZGVsIjoibSIsImlucHV0IjoiaMOpIn0KAQAE8f90AhP57zo=';
const RECORDED_TEXT = '{"model":"m","input":"hé"}\n'.repeat(40);

const TEXT_OF = defineTask<BodyInput, string>(
  new URL('../../threads/tasks.mjs', import.meta.url).href,
  'textOf',
  textOf,
);
const LIMITS = { maxBodyBytes: 10_000, maxTotalBodyBytes: 100_000, bodyTimeoutMs: 10_000 };

const createThreads = (deadlineMs: number) =>
  new ThreadPool({ maxThreads: 1, maxWaiting: 1, maxWaitMs: 10_000, deadlineMs, idleMs: 10 });

/** Sends `body` to a route that reads it with a limit of 10 000 bytes, in a pool of its own. */
async function read(
  body: Buffer | string,
  encoding?: string,
  threads = createThreads(5_000),
  task = TEXT_OF,
): Promise<string> {
  let read: Promise<string> | undefined;
  const url = await serveSurface({
    conversation: NO_CONVERSATION,
    create: () => ({
      name: 'test',
      owns: () => true,
      acceptsUncleanPaths: true,
      docs: () => Promise.reject(new Error('no docs')),
      toError: () => ({ status: 400, contentType: 'text/plain', body: '' }),
      routes: [
        {
          methods: ['POST'],
          path: '/',
          handle: async (c) => {
            read = readRequest(c, LIMITS, task, undefined, { threads });
            return c.text(await read);
          },
        },
      ],
    }),
  });
  const headers: Record<string, string> = encoding === undefined ? {} : { 'content-encoding': encoding };
  const sent = new Uint8Array(Buffer.from(body));
  await (await fetch(url, { method: 'POST', body: sent, headers })).text();
  if (read === undefined) throw new Error('the route was not asked');
  return read;
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

  it('that took too long once takes no thread the next time', async () => {
    const spin = defineTask<BodyInput, string>(TEXT_OF.module, 'spin', textOf);
    const body = gzipSync('a body that takes too long');
    const refused = { code: 'bad-request', message: expect.stringContaining('too long to decompress') };
    await expect(read(body, 'gzip', createThreads(100), spin)).rejects.toMatchObject(refused);
    const threads = createThreads(100);
    await expect(read(body, 'gzip', threads, spin)).rejects.toMatchObject(refused);
    expect(threads.threads).toBe(0);
  });

  it('of several zstd frames is read', async () => {
    const [one, other] = [text.slice(0, 100), text.slice(100)];
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    const frames = [zstdOf(Buffer.from(one)), skipped, zstdOf(Buffer.from(other))];
    expect(await read(Buffer.concat(frames), 'zstd')).toBe(text);
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
    expect(windowsOf(huge)).toEqual([2 ** 30]);
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
    // Node's own decoder, which it has since 22.15, refuses it at once.
    if (!('zstdDecompressSync' in zlib)) expect(beats).toBeGreaterThan(20);
  });
});

function windowsOf(bytes: Buffer): readonly number[] {
  return [...framesOf(bytes)].map(({ window }) => window);
}

describe('the windows of a zstd body', () => {
  it.each([
    ['no frame', Buffer.alloc(0), []],
    ['a described one', zstdOf(Buffer.from('x')), [2 ** 21]],
    ['the whole content', Buffer.from(RECORDED, 'base64'), [Buffer.byteLength(RECORDED_TEXT)]],
    ['a skipped frame', Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]), []],
    ['two frames', Buffer.concat([zstdOf(Buffer.from('x')), zstdOf(Buffer.from('y'))]), [2 ** 21, 2 ** 21]],
  ])('are those of %s', (_, bytes, windows) => {
    expect(windowsOf(bytes)).toEqual(windows);
  });

  it.each([
    ['a frame that is cut', zstdOf(Buffer.from('x')).subarray(0, -1)],
    ['a skipped frame that is cut', Buffer.from([0x50, 0x2a, 0x4d, 0x18, 9, 0, 0, 0, 1, 2])],
    ['no zstd', Buffer.from('no zstd at all')],
  ])('are not known of %s', (_, bytes) => {
    expect(() => windowsOf(bytes)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});

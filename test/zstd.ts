/** zstd for the tests, which Node 20 does not have: frames of blocks that are not compressed, or repeat one byte (RFC 8878). */

export type BlockType = 0 | 1 | 2 | 3;

/** A frame of one raw block. @param content of less than 128 KiB */
export function zstdOf(content: Buffer): Buffer {
  return Buffer.concat([zstdHead(), zstdBlock(0, content.length, content, true)]);
}

/** @param windowByte 2^(10 + windowByte / 8) bytes */
export function zstdHead(windowByte = 0x58): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, windowByte]);
}

/** @param type 0 for raw bytes, 1 for one that is repeated `size` times */
export function zstdBlock(type: BlockType, size: number, content: Buffer, isLast: boolean): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE(size * 8 + type * 2 + Number(isLast), 0, 3);
  return Buffer.concat([head, content]);
}

const MAX_BLOCK_BYTES = 2 ** 17;

/** `text`, of less than 128 KiB, behind many spaces, which take a few bytes. @param megabytes how many there are, in MiB */
export function zstdBehindSpaces(text: string, megabytes: number): Buffer {
  const run = zstdBlock(1, MAX_BLOCK_BYTES, Buffer.from(' '), false);
  const runs = Array.from({ length: megabytes * 8 }, () => run);
  const content = Buffer.from(text);
  return Buffer.concat([zstdHead(), ...runs, zstdBlock(0, content.length, content, true)]);
}

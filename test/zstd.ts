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

/** Of `text`, the long runs of spaces in a few bytes each. */
export function zstdWithSpaces(text: string): Buffer {
  const blocks: Buffer[] = [];
  for (const part of text.split(/( {1000,})/)) {
    const isRun = part.startsWith(' '.repeat(1_000));
    for (let at = 0; at < part.length; at += MAX_BLOCK_BYTES) {
      const piece = Buffer.from(part.slice(at, at + MAX_BLOCK_BYTES));
      blocks.push(
        isRun
          ? zstdBlock(1, piece.length, Buffer.from(' '), false)
          : zstdBlock(0, piece.length, piece, false),
      );
    }
  }
  return Buffer.concat([zstdHead(), ...blocks, zstdBlock(0, 0, Buffer.alloc(0), true)]);
}

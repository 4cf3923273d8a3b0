/** Cuts what a bee sends into lines of text, and notices bytes that are not UTF-8. */
import { isUtf8 } from 'node:buffer';

const NEWLINE = 0x0a;
const MAX_LINE_BYTES = 256 * 1024 * 1024;

export interface ReadLines {
  readonly lines: readonly string[];
  /** False once humd would close the link: a line was not UTF-8, or has no end. `lines` holds those before it. */
  readonly intact: boolean;
}

/** The unfinished line of one connection. */
export class InboundLines {
  #partial: Buffer[] = [];
  #partialBytes = 0;

  /** The lines that end within `chunk`, without their newlines. */
  read(chunk: Buffer): ReadLines {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end === -1) {
      this.#keep(chunk);
      return { lines: [], intact: this.#partialBytes <= MAX_LINE_BYTES };
    }
    const block =
      this.#partialBytes > 0
        ? Buffer.concat([...this.#partial, chunk.subarray(0, end)])
        : chunk.subarray(0, end);
    this.#partial = [];
    this.#partialBytes = 0;
    if (end + 1 < chunk.length) this.#keep(chunk.subarray(end + 1));
    if (isUtf8(block)) return { lines: block.toString().split('\n'), intact: true };
    return { lines: linesBeforeBadBytes(block), intact: false };
  }

  #keep(piece: Buffer): void {
    this.#partial.push(piece);
    this.#partialBytes += piece.length;
  }
}

function linesBeforeBadBytes(block: Buffer): string[] {
  const lines: string[] = [];
  for (let start = 0; ; ) {
    const newline = block.indexOf(NEWLINE, start);
    const line = block.subarray(start, newline === -1 ? block.length : newline);
    if (!isUtf8(line)) return lines;
    lines.push(line.toString());
    start = newline + 1;
  }
}

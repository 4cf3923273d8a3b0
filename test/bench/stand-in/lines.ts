/** Cuts what a socket brings into lines, in time that grows with the bytes and not with the length of a line. */

const NEWLINE = 0x0a;
/** Of a line in more pieces only the first and the last ones are kept: its address and its order stand there. */
const MOST_PIECES = 4;

export class Lines {
  #pieces: Buffer[] = [];

  /** Calls `onLine` with each line that ends within `chunk`, without its end. */
  feed(chunk: Buffer, onLine: (line: Buffer) => void): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      onLine(this.#pieces.length === 0 ? piece : Buffer.concat([...this.#pieces, piece]));
      this.#pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
    if (this.#pieces.length > MOST_PIECES) this.#pieces.splice(1, 1);
  }
}

/** Holds every byte that the bridge sends to humd against what humd takes: one line of well-formed JSON for each tone. */
import { isUtf8 } from 'node:buffer';

/** humd drops what nests deeper, without a word. */
const MAX_NESTING = 120;

export class TappedLines {
  readonly flaws: string[] = [];
  lines = 0;
  #partial: Buffer[] = [];

  read(chunk: Buffer): void {
    const end = chunk.lastIndexOf(0x0a);
    if (end === -1) {
      this.#partial.push(chunk);
      return;
    }
    const block = Buffer.concat([...this.#partial, chunk.subarray(0, end)]);
    this.#partial = [chunk.subarray(end + 1)];
    for (let start = 0; start <= block.length; ) {
      const newline = block.indexOf(0x0a, start);
      const line = block.subarray(start, newline === -1 ? block.length : newline);
      this.lines++;
      const flaw = flawOfLine(line);
      if (flaw !== undefined) this.flaws.push(`${flaw}: ${line.subarray(0, 300).toString()}`);
      if (newline === -1) break;
      start = newline + 1;
    }
  }

  /** Bytes of a line that has no end yet. */
  get pendingBytes(): number {
    return this.#partial.reduce((sum, { length }) => sum + length, 0);
  }
}

function flawOfLine(line: Buffer): string | undefined {
  if (!isUtf8(line)) return 'not UTF-8';
  if (line.includes(0x0d)) return 'a carriage return';
  let value: unknown;
  try {
    value = JSON.parse(line.toString());
  } catch {
    return 'no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
  if (!('chi' in value) || typeof value.chi !== 'string') return 'no chi';
  return flawOfValue(value, MAX_NESTING);
}

function flawOfValue(value: unknown, levels: number): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'a lone surrogate';
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return 'too deep';
  for (const [key, child] of Object.entries(value)) {
    const flaw = key.isWellFormed() ? flawOfValue(child, levels - 1) : 'a lone surrogate in a key';
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/**
 * Lines as humd reads and writes them: bytes are cut into lines, a line is parsed to a tone or dropped, and a tone goes out with its keys
 * sorted (src/thrum/README.md, "What humd does" and "Tones sent").
 */
import { isUtf8 } from 'node:buffer';
import type { Tone } from '../thrum/link/tone-codec.js';

const NEWLINE = 0x0a;
const MAX_LINE_BYTES = 256 * 1024 * 1024;
const MAX_NESTING = 120;
/** A shorter line has no room for so many opening and closing brackets. */
const SHORTEST_TOO_DEEP_CHARS = 2 * MAX_NESTING;

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

/**
 * What humd's parser makes of a line: the tone, or undefined for a line that humd drops without an echo: no JSON object with a `chi`, a
 * lone surrogate, too deep.
 */
export function parseLine(line: string): Tone | undefined {
  const value = parseJson(line);
  if (!isTone(value)) return undefined;
  if (line.length > SHORTEST_TOO_DEEP_CHARS && isDeeperThan(MAX_NESTING, value)) return undefined;
  // Valid UTF-8 holds no surrogate: only an escape can smuggle one in.
  if (line.includes('\\u') && !isWellFormed(value)) return undefined;
  return value;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isTone(value: unknown): value is Tone {
  return (
    typeof value === 'object' &&
    value !== null &&
    'chi' in value &&
    typeof value.chi === 'string' &&
    value.chi !== ''
  );
}

/** Stops at the limit, so that no depth can exhaust the stack. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((field) => isDeeperThan(levels - 1, field));
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, field]) => key.isWellFormed() && isWellFormed(field));
}

/**
 * The JSON text, with sorted keys at every level, of a value that came out of `JSON.parse`. Writes the text itself, because a rebuilt
 * object would put keys that look like integers first.
 */
export function toSortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(toSortedJson).join(',')}]`;
  let json = '{';
  for (const [key, field] of Object.entries(value).sort(byKey)) {
    if (field === undefined) continue;
    if (json.length > 1) json += ',';
    json += `${JSON.stringify(key)}:${toSortedJson(field)}`;
  }
  return `${json}}`;
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** One tone is one line of JSON: encodes tones for the socket and decodes what the socket brings, whatever comes. */
import ndjson from 'ndjson';
import { toWellFormedJson, withoutLoneSurrogates } from '../../core/well-formed-json.js';

/** A decoded line: a JSON object with a string `chi`. Every other field is unchecked. */
export interface Tone {
  readonly chi: string;
  readonly sid?: unknown;
  readonly rid?: unknown;
  readonly [key: string]: unknown;
}

/** The line of a tone in parts, its newline included: text, or bytes of UTF-8. */
export class EncodedTone {
  readonly parts: readonly (string | Uint8Array)[];

  constructor(parts: readonly (string | Uint8Array)[]) {
    this.parts = parts;
  }
}

export type SentTone = Readonly<Record<string, unknown>> | EncodedTone;

/**
 * When a tone leaves, and whatever is queued before it: `now`, with this `tick`, or with the `round` of the event loop, in which
 * others may come to leave with it in one write.
 */
export type Departure = 'now' | 'tick' | 'round';

/**
 * A source of rids: base36(ms since epoch), a dash, base36(counter from 0). Unique within the source. The time is read anew once a second:
 * to write it in base 36 takes longer than all else in a small tone.
 */
export function createRidSource(now: () => number = Date.now): () => string {
  let counter = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let time = '';
  return () => {
    const at = now();
    if (Math.abs(at - readAt) >= RID_TIME_MS) {
      readAt = at;
      time = at.toString(36);
    }
    return `${time}-${(counter++).toString(36)}`;
  };
}

const RID_TIME_MS = 1_000;

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const LINE_END = Buffer.of(NEWLINE);

/**
 * The line for a tone, newline included. `JSON.stringify` writes a lone surrogate as an escape, and humd drops such a
 * line without an echo (src/thrum/README.md, "What humd does"), so each becomes U+FFFD here, in keys and values alike.
 */
export function encodeTone(tone: Readonly<Record<string, unknown>>): string {
  return `${encodeJson(tone)}\n`;
}

/** A tone, or some of its fields, without the newline. */
export function encodeJson(fields: Readonly<Record<string, unknown>>): string {
  return toWellFormedJson(fields);
}

/** Lines that were dropped, by reason. */
export interface DroppedLines {
  /** Longer than the limit. */
  oversized: number;
  /** Not JSON, or JSON that is not an object with a string `chi`. */
  malformed: number;
}

/**
 * Decodes the bytes of one connection. Complete lines go to ndjson's parser; in front of it a guard in bytes drops a
 * line that is too long in O(n) and keeps the lines after it (the parser alone takes quadratic time there). In the place of such a line
 * its turn, if it names one, gets an error.
 */
export class ToneDecoder {
  readonly dropped: DroppedLines = { oversized: 0, malformed: 0 };
  readonly #maxToneBytes: number;
  readonly #parser = createParser(
    (value) => {
      if (isTone(value)) this.#tones.push(value);
      else this.dropped.malformed++;
    },
    () => this.dropped.malformed++,
  );
  /** Where the lines that are being parsed go. */
  #tones: Tone[] = [];
  /** The pieces of a line whose end has not come yet. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  /** True while the rest of a line that is too long passes by. */
  #skipping = false;
  /** What it ends with. */
  #tail = EMPTY;

  /** @param maxToneBytes the longest line that is kept, in bytes without its newline */
  constructor(maxToneBytes: number) {
    this.#maxToneBytes = maxToneBytes;
  }

  /** The tones whose lines end within `chunk`, in order; nothing of `chunk` is kept. Never throws. */
  decode(chunk: Buffer): Tone[] {
    const tones: Tone[] = [];
    let start = 0;
    if (this.#partialBytes > 0 || this.#skipping) {
      const newline = chunk.indexOf(NEWLINE);
      if (newline === -1) {
        this.#keep(chunk);
        return tones;
      }
      this.#keep(chunk.subarray(0, newline));
      this.#endPartial(tones);
      start = newline + 1;
    }
    const end = Math.max(start, chunk.lastIndexOf(NEWLINE) + 1);
    if (end > start) this.#parseLines(chunk.subarray(start, end), tones);
    if (end < chunk.length) this.#keep(chunk.subarray(end));
    return tones;
  }

  /** Adds a piece of an unfinished line, or gives the line up once it is too long. */
  #keep(piece: Buffer): void {
    if (this.#skipping) {
      this.#tail = tailOf([this.#tail, piece]);
      return;
    }
    this.#partialBytes += piece.length;
    if (this.#partialBytes <= this.#maxToneBytes) {
      this.#partial.push(Buffer.from(piece));
      return;
    }
    this.dropped.oversized++;
    this.#skipping = true;
    this.#tail = tailOf([...this.#partial, piece]);
    this.#partial = [];
  }

  /** The unfinished line has found its end. */
  #endPartial(tones: Tone[]): void {
    if (!this.#skipping) this.#parse(Buffer.concat([...this.#partial, LINE_END]), tones);
    else tones.push(...toLost(this.#tail));
    this.#tail = EMPTY;
    this.#skipping = false;
    this.#partial = [];
    this.#partialBytes = 0;
  }

  /** Whole lines of one read. A read that is no longer than the limit can hold no line that is. */
  #parseLines(lines: Buffer, tones: Tone[]): void {
    if (lines.length <= this.#maxToneBytes) {
      this.#parse(lines, tones);
      return;
    }
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(NEWLINE, start) + 1;
      if (end - start - 1 > this.#maxToneBytes) {
        this.dropped.oversized++;
        tones.push(...toLost(tailOf([lines.subarray(start, end)])));
      } else this.#parse(lines.subarray(start, end), tones);
      start = end;
    }
  }

  #parse(lines: Buffer, tones: Tone[]): void {
    this.#tones = tones;
    const bytes = hasSurrogateEscape(lines) ? Buffer.from(withoutLoneSurrogates(lines.toString())) : lines;
    const { stackTraceLimit } = Error;
    // An error for each line that is no JSON: thousands of stacks would hold up the event loop for longer than the parsing.
    Error.stackTraceLimit = 0;
    try {
      this.#parser.write(bytes);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

/** Most lines have none: UTF-8 itself has no surrogates. A byte is found much faster than a text. */
function hasSurrogateEscape(lines: Buffer): boolean {
  return lines.includes(BACKSLASH) && (lines.includes('\\ud') || lines.includes('\\uD'));
}

const EMPTY: Buffer<ArrayBufferLike> = Buffer.alloc(0);

/** humd sorts the keys of a tone: its sid stands behind all that may be long. */
const TAIL_BYTES = 1_024;
/** Within a text the quotes would be escaped. */
const SID = /(?<!\\)"sid":"([^"\\]{1,128})"/g;

function tailOf(pieces: readonly Buffer[]): Buffer<ArrayBufferLike> {
  const ends = pieces.slice(-2).map((piece) => piece.subarray(-TAIL_BYTES));
  return Buffer.concat(ends).subarray(-TAIL_BYTES);
}

/** Of what stands in the place of a line that was dropped for its length. No bee says it. */
export const LINE_DROPPED = 'line-dropped';

/** What the turn of a line that was dropped is told. */
function toLost(tail: Buffer): readonly Tone[] {
  const sid = [...tail.toString('utf8').matchAll(SID)].at(-1)?.[1];
  return sid === undefined ? [] : [{ chi: LINE_DROPPED, sid }];
}

/**
 * ndjson's parser, whose values go to `take` as they are parsed. Its own queue is passed by: it costs as much as the
 * parsing, and ends at a line `null`, losing the lines after it (test/bench/README.md, "ndjson").
 * @param onMalformed called for each line that is no JSON; blank lines are none
 */
function createParser(
  take: (value: unknown) => void,
  onMalformed: () => void,
): ReturnType<typeof ndjson.parse> {
  // It goes on after the errors that it emits.
  const parser = ndjson.parse({ strict: true }).on('error', onMalformed);
  parser.push = (value: unknown) => {
    take(value);
    return true;
  };
  return parser;
}

function isTone(value: unknown): value is Tone {
  return typeof value === 'object' && value !== null && 'chi' in value && typeof value.chi === 'string';
}

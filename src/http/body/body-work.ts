/** Says how much work a body of JSON is, which is not only a matter of its length. */
import { LARGE } from '../../threads/large.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** What one value takes to be read, checked and converted, as the bytes of a long text that take as much. */
const BYTES_PER_VALUE = 256;

/**
 * The most values that a body may hold. The largest that clients send hold some ten thousand; a body of tiny ones would take
 * a hundred times its own size in memory.
 */
export const MAX_VALUES = 500_000;

/** A value takes two bytes at least: its own and a comma. */
const BYTES_OF_SMALLEST_VALUE = 2;

/**
 * A size for `runOffLoop`, right about what is past `LARGE` and exact only near it: 4,096 small values hold up the event loop
 * as long as 1 MiB of text.
 */
export function workOf(json: Uint8Array): number {
  // Nearly every body: it could not be large if each of its bytes counted.
  if (json.length * (1 + BYTES_PER_VALUE) <= LARGE) return json.length;
  const room = Math.max(0, LARGE - json.length);
  return json.length + BYTES_PER_VALUE * countValues(json, Math.ceil(room / BYTES_PER_VALUE) + 1);
}

/** True if `json`, which need not be whole, holds more than `MAX_VALUES`. To be asked before it is parsed. */
export function holdsTooManyValues(json: Uint8Array): boolean {
  return json.length > BYTES_OF_SMALLEST_VALUE * MAX_VALUES && countValues(json, MAX_VALUES + 1) > MAX_VALUES;
}

/** Exact only up to `limit`. Each value but the first has a comma, a bracket or a brace in front of it. */
function countValues(json: Uint8Array, limit: number): number {
  let count = 0;
  for (let at = 0; at < json.length && count < limit; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at + 1);
    else if (byte === COMMA || byte === OPEN_BRACKET || byte === OPEN_BRACE) count++;
  }
  return count;
}

/** The index of the quote that ends a text, or the length. @param from the index behind the quote that begins it */
function endOfText(json: Uint8Array, from: number): number {
  for (let at = json.indexOf(QUOTE, from); at !== -1; at = json.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (at - 1 - backslashes >= from && json[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return json.length;
}

/** Text for one line of a stream, as all clients can read it: without characters that some take for a line's end, and not too long. */

const LINE_BREAKERS = /[\u0085\u2028\u2029]/g;
const HAS_LINE_BREAKER = /[\u0085\u2028\u2029]/;

/**
 * Characters in one delta; at three bytes each still below the 64 KiB line of Go's scanner
 * (src/http/openai/README.md, "Event streams").
 */
const MAX_DELTA_CHARACTERS = 16_384;

/**
 * `JSON.stringify`, with U+0085, U+2028 and U+2029 escaped: they are fine in JSON, but some clients cut lines at them
 * (src/http/README.md, "Lines": Python's httpx).
 */
export function jsonText(value: unknown): string {
  const json = JSON.stringify(value);
  return HAS_LINE_BREAKER.test(json) ? json.replace(LINE_BREAKERS, escapeCharacter) : json;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `text` in pieces of at most `limit` characters, none of which ends within a surrogate pair. Joined they are `text`. */
export function splitText(text: string, limit: number = MAX_DELTA_CHARACTERS): readonly string[] {
  if (text.length <= limit) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + limit, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

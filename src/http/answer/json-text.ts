/** JSON as it may stand in a line or an event of a stream. */

const LINE_BREAKERS = /[\u0085\u2028\u2029]/g;
const HAS_LINE_BREAKER = /[\u0085\u2028\u2029]/;

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

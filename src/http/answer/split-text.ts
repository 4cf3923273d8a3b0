/** Keeps stream lines short enough for clients with a line limit. */

/**
 * Characters in one delta; at three bytes each still below the 64 KiB line of Go's scanner
 * (src/http/openai/README.md, "Event streams").
 */
const MAX_DELTA_CHARACTERS = 16_384;

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

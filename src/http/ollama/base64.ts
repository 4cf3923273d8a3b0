/** Base64 as Go's standard decoder takes it: padded, with line ends anywhere. */

const NOT_IN_ALPHABET = /[^A-Za-z0-9+/]/;
const QUANTUM = 4;

/** Why `text` is not base64, in Go's words (src/http/ollama/README.md, "Bodies"), or undefined if it is. */
export function base64Error(text: string): string | undefined {
  const index = indexOfFlaw(text);
  return index === undefined ? undefined : `illegal base64 data at input byte ${index}`;
}

/** Where Go's decoder stops. All that stands before a flaw is ASCII, so that the index counts bytes. */
function indexOfFlaw(text: string): number | undefined {
  if (text.length % QUANTUM === 0 && !NOT_IN_ALPHABET.test(text)) return undefined;
  let inQuantum = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (isLineEnd(character)) continue;
    if (character === '=') return indexOfPaddingFlaw(text, at, inQuantum);
    if (NOT_IN_ALPHABET.test(character)) return at;
    inQuantum = (inQuantum + 1) % QUANTUM;
  }
  return inQuantum === 0 ? undefined : text.length - inQuantum;
}

/** The first `=` stands at `at`, behind `inQuantum` characters of its group of four. */
function indexOfPaddingFlaw(text: string, at: number, inQuantum: number): number | undefined {
  if (inQuantum < 2) return at;
  let next = skipLineEnds(text, at + 1);
  if (inQuantum === 2) {
    if (next === text.length) return next;
    if (text[next] !== '=') return next - 1;
    next = skipLineEnds(text, next + 1);
  }
  return next < text.length ? next : undefined;
}

function skipLineEnds(text: string, start: number): number {
  let at = start;
  while (at < text.length && isLineEnd(text.charAt(at))) at++;
  return at;
}

function isLineEnd(character: string): boolean {
  return character === '\n' || character === '\r';
}

/** Follows JSON through its strings and brackets, piece by piece, without making anything of it or checking what it holds. */

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export class JsonScanner {
  /** Brackets, braces and commas so far that begin a value: each value but the first has one in front of it. */
  values = 0;
  readonly #maxValues: number;
  #depth = 0;
  #isInString = false;
  /** True if the last piece ended within a string, behind a backslash that escapes what comes next. */
  #isEscaped = false;

  /** @param maxValues where to stop: nothing is looked at once so many have been counted */
  constructor(maxValues: number = Number.POSITIVE_INFINITY) {
    this.#maxValues = maxValues;
  }

  /** The index behind the bracket that closes the first object or array if it is within `piece`, else -1. */
  scan(piece: string): number {
    for (let at = 0; at < piece.length && this.values < this.#maxValues; at++) {
      if (this.#isInString) {
        at = this.#endOfString(piece, at);
        if (at === -1) return -1;
        continue;
      }
      switch (piece.charCodeAt(at)) {
        case QUOTE:
          this.#isInString = true;
          break;
        case COMMA:
          this.values++;
          break;
        case OPEN_BRACKET:
        case OPEN_BRACE:
          this.values++;
          this.#depth++;
          break;
        case CLOSE_BRACKET:
        case CLOSE_BRACE:
          this.#depth--;
          if (this.#depth <= 0) return at + 1;
          break;
        default:
      }
    }
    return -1;
  }

  /** The index of the quote that ends the string which goes on at `from`, or -1. Looks for quotes alone: strings are long. */
  #endOfString(piece: string, from: number): number {
    for (let at = piece.indexOf('"', from); at !== -1; at = piece.indexOf('"', at + 1)) {
      if (this.#isEscapedAt(piece, from, at)) continue;
      this.#isInString = false;
      this.#isEscaped = false;
      return at;
    }
    this.#isEscaped = this.#isEscapedAt(piece, from, piece.length);
    return -1;
  }

  /** @param from where the string goes on; what stands there may be escaped by the end of the last piece */
  #isEscapedAt(piece: string, from: number, at: number): boolean {
    let first = at;
    while (first > from && piece.charCodeAt(first - 1) === BACKSLASH) first--;
    return ((at - first) % 2 === 1) !== (first === from && this.#isEscaped);
  }
}

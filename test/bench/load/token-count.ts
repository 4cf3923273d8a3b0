/** Follows the tokens of one answer and counts what is missing, in the wrong place or there twice. */

const COLON = 0x3a;
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;

export class TokenCount {
  readonly #stream: number;
  readonly #expected: number;
  /** Indexes that were passed over so far. */
  readonly #missing = new Set<number>();
  #next = 0;
  /** Tokens that came, however they came. */
  tokens = 0;
  misordered = 0;
  duplicated = 0;
  /** Texts that are not numbered: those of a server that knows nothing of the bench. */
  unnumbered = 0;

  constructor(stream: number, expected: number) {
    this.#stream = stream;
    this.#expected = expected;
  }

  /** Tokens that never came. What is not numbered cannot be missed, unless nothing came at all. */
  get lost(): number {
    if (this.unnumbered > 0) return 0;
    return this.#missing.size + Math.max(0, this.#expected - this.#next);
  }

  /** Reads the tokens of a JSON string that begins at `at`; the index of what ends it. */
  read(text: string, at: number): number {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) return at;
      if (!(code >= ZERO && code <= NINE)) return this.#passUnnumbered(text, at);
      let stream = 0;
      let index = 0;
      let digit = code;
      for (; digit >= ZERO && digit <= NINE; digit = text.charCodeAt(++at))
        stream = stream * 10 + digit - ZERO;
      if (digit !== COLON) return this.#passUnnumbered(text, at);
      digit = text.charCodeAt(++at);
      for (; digit >= ZERO && digit <= NINE; digit = text.charCodeAt(++at)) index = index * 10 + digit - ZERO;
      // The blank behind it.
      at++;
      this.#take(stream, index);
    }
  }

  #take(stream: number, index: number): void {
    this.tokens++;
    if (stream !== this.#stream || index >= this.#expected) this.misordered++;
    else if (index === this.#next) this.#next++;
    else if (index > this.#next) {
      for (let missing = this.#next; missing < index; missing++) this.#missing.add(missing);
      this.#next = index + 1;
    } else if (this.#missing.delete(index)) this.misordered++;
    else this.duplicated++;
  }

  #passUnnumbered(text: string, at: number): number {
    this.tokens++;
    this.unnumbered++;
    for (;;) {
      const end = text.indexOf('"', at);
      if (end === -1) return text.length;
      if (text[end - 1] !== '\\') return end;
      at = end + 1;
    }
  }
}

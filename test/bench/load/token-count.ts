/** Follows the tokens of one answer and counts what is missing, in the wrong place or there twice. */

const COLON = 0x3a;
const QUOTE = 0x22;
const BLANK = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/** As much of a token as has come. */
interface Begun {
  readonly at: 'before' | 'stream' | 'index';
  readonly stream: number;
  readonly index: number;
}

const NOTHING: Begun = { at: 'before', stream: 0, index: 0 };

export class TokenCount {
  readonly #stream: number;
  readonly #expected: number;
  /** Indexes that were passed over so far. */
  readonly #missing = new Set<number>();
  #next = 0;
  #begun = NOTHING;
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

  /** Tokens that never came. Where nothing is numbered, nothing can be missed. */
  get lost(): number {
    if (this.unnumbered > 0 && this.unnumbered === this.tokens) return 0;
    return this.#missing.size + Math.max(0, this.#expected - this.#next);
  }

  /**
   * Reads the tokens of a JSON string that begins at `at`; the index of what ends it. A token may end in a later string: long texts
   * are cut for the clients.
   */
  read(text: string, at: number): number {
    let { stream, index, at: place } = this.#begun;
    for (let here = at; ; here++) {
      const code = text.charCodeAt(here);
      const isDigit = code >= ZERO && code <= NINE;
      if (isDigit && place === 'index') index = index * 10 + code - ZERO;
      else if (isDigit) {
        stream = stream * 10 + code - ZERO;
        place = 'stream';
      } else if (code === COLON && place === 'stream') place = 'index';
      else if (code === BLANK && place === 'index') {
        this.#take(stream, index);
        stream = 0;
        index = 0;
        place = 'before';
      } else if (code === QUOTE) {
        this.#begun = place === 'before' ? NOTHING : { stream, index, at: place };
        return here;
      } else {
        this.#begun = NOTHING;
        return this.#passUnnumbered(text, here);
      }
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

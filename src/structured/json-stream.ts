/** Passes the JSON of a streamed answer on as it comes, without the prose in front of it and behind it. */
import { findStart, type JsonRoot, JsonScanner } from './json-scanner.js';

type State = 'before' | 'inside' | 'behind';

/** A scalar cannot be told from prose before the end, so everything is held where `root` is undefined. */
export class JsonStream {
  readonly #root: JsonRoot;
  readonly #scanner = new JsonScanner();
  #state: State = 'before';
  #held = '';
  /** Where the next look for a start begins: what stands before was looked at. */
  #lookFrom = 0;
  #passed: string[] = [];

  constructor(root: JsonRoot) {
    this.#root = root;
  }

  /** The part of `text`, and of what was held, that may go out now. */
  push(text: string): string {
    switch (this.#state) {
      case 'behind':
        return '';
      case 'inside':
        return this.#pass(text);
      case 'before': {
        this.#held += text;
        const start = this.#root === undefined ? -1 : findStart(this.#held, this.#root, this.#lookFrom);
        if (start === -1) {
          this.#lookFrom = undecidedFrom(this.#held);
          return '';
        }
        const json = this.#held.slice(start);
        this.#held = '';
        this.#state = 'inside';
        return this.#pass(json);
      }
      default:
        return this.#state satisfies never;
    }
  }

  /** All that has gone out. */
  get passed(): string {
    return this.#passed.join('');
  }

  /** What is held because no JSON has begun; empty once it has. */
  get held(): string {
    return this.#held;
  }

  #pass(text: string): string {
    const end = this.#scanner.scan(text);
    const json = end === -1 ? text : text.slice(0, end);
    if (end !== -1) this.#state = 'behind';
    this.#passed.push(json);
    return json;
  }
}

/** The index of a bracket at the end of `text` whose next character decides whether it begins a value, else its length. */
function undecidedFrom(text: string): number {
  const length = text.trimEnd().length;
  return text[length - 1] === '{' || text[length - 1] === '[' ? length - 1 : length;
}

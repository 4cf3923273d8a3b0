/** Passes the JSON of a streamed answer on as it comes, without the prose in front of it and behind it. */
import { JsonScanner } from '../../core/json-scanner.js';
import { findStart, type JsonRoot } from './find-start.js';

type State = 'before' | 'inside' | 'behind';

interface Bracket {
  readonly character: '{' | '[';
  /** In all that is held. */
  readonly index: number;
}

/** A scalar cannot be told from prose before the end, so everything is held where `root` is undefined. */
export class JsonStream {
  readonly #root: JsonRoot;
  readonly #scanner = new JsonScanner();
  #state: State = 'before';
  #held = '';
  /** The last bracket in what is held, if only the next character can tell whether it begins a value. */
  #undecided: Bracket | undefined;
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
        const start = this.#look(text);
        this.#held += text;
        if (start === -1) return '';
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

  /**
   * Where in what is held and `text` behind it a value begins, or -1. Only `text` is looked at: to look at all that is held
   * for every piece of a long text would take quadratic time.
   */
  #look(text: string): number {
    if (this.#root === undefined) return -1;
    const bracket = this.#undecided;
    const looked = (bracket?.character ?? '') + text;
    const toIndex = (at: number) =>
      at === 0 && bracket ? bracket.index : this.#held.length + at - (bracket ? 1 : 0);
    const start = findStart(looked, this.#root);
    if (start !== -1) return toIndex(start);
    const last = looked.trimEnd().length - 1;
    const character = looked[last];
    this.#undecided =
      character === '{' || character === '[' ? { character, index: toIndex(last) } : undefined;
    return -1;
  }

  #pass(text: string): string {
    const end = this.#scanner.scan(text);
    const json = end === -1 ? text : text.slice(0, end);
    if (end !== -1) this.#state = 'behind';
    this.#passed.push(json);
    return json;
  }
}

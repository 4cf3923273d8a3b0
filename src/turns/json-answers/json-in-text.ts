/** Takes the JSON out of an answer that has fences or prose around it: of a whole one, or of one as it streams. */
import { JsonScanner } from '../../core/json-scanner.js';

const FENCED = /```[^\n`]*\n([\s\S]*?)```/;
/** How many brackets in prose are tried before a value is given up. */
const MAX_CANDIDATES = 32;

/**
 * An object or array that is more than a bracket in prose: what follows the bracket must be able to follow it in JSON. The
 * lookahead needs one character behind the white space. `[true` and the like count only where an array is asked for:
 * elsewhere `[note]` is more likely.
 */
const OBJECT_START = /\{(?=\s*["}])/g;
const ARRAY_START = /\[(?=\s*[[{"\]\-\dtfn])/g;
const ANY_START = /\{(?=\s*["}])|\[(?=\s*[[{"\]\-\d])/g;

/** What the value that is looked for may begin with; `undefined` for a scalar, which cannot be told from prose. */
export type JsonRoot = 'object' | 'array' | 'either' | undefined;

/** The index at which a value begins in `text`, from `from` on, or -1. */
function findStart(text: string, root: Exclude<JsonRoot, undefined>, from = 0): number {
  const pattern = new RegExp(root === 'object' ? OBJECT_START : root === 'array' ? ARRAY_START : ANY_START);
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}

/**
 * The first value in `text` that `complaintAbout` has nothing against: the whole text, what stands in a code fence, or an
 * object or array somewhere in it. Undefined if there is none; rejects as `complaintAbout` does.
 */
export async function findJson(
  text: string,
  root: JsonRoot,
  complaintAbout: (json: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const json of candidates(text, root)) if ((await complaintAbout(json)) === undefined) return json;
  return undefined;
}

function* candidates(text: string, root: JsonRoot): Generator<string> {
  yield text.trim();
  const fenced = FENCED.exec(text)?.[1];
  if (fenced !== undefined) yield fenced.trim();
  if (root === undefined) return;
  let start = findStart(text, root);
  for (let tries = 0; start !== -1 && tries < MAX_CANDIDATES; tries++) {
    const rest = text.slice(start);
    const end = new JsonScanner().scan(rest);
    if (end !== -1) yield rest.slice(0, end);
    start = findStart(text, root, start + 1);
  }
}

type State = 'before' | 'inside' | 'behind';

interface Bracket {
  readonly character: '{' | '[';
  /** Within `pending`. */
  readonly index: number;
}

/**
 * Passes the JSON of a streamed answer on as it comes, without the prose in front of it and behind it. A scalar cannot be told
 * from prose before the end, so everything is pending until then where `root` is undefined.
 */
export class JsonStream {
  readonly #root: JsonRoot;
  readonly #scanner = new JsonScanner();
  #state: State = 'before';
  #pending = '';
  /** The last bracket in what is pending, if only the next character can tell whether it begins a value. */
  #undecided: Bracket | undefined;
  #passed: string[] = [];

  constructor(root: JsonRoot) {
    this.#root = root;
  }

  /** The part of `text`, and of what was pending, that may go out now. */
  push(text: string): string {
    switch (this.#state) {
      case 'behind':
        return '';
      case 'inside':
        return this.#pass(text);
      case 'before': {
        const start = this.#look(text);
        this.#pending += text;
        if (start === -1) return '';
        const json = this.#pending.slice(start);
        this.#pending = '';
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

  /** What has come while no JSON has begun; empty once it has. */
  get pending(): string {
    return this.#pending;
  }

  /**
   * Where in what is pending and `text` behind it a value begins, or -1. Only `text` is looked at: to look at all that is pending
   * for every piece of a long text would take quadratic time.
   */
  #look(text: string): number {
    if (this.#root === undefined) return -1;
    const bracket = this.#undecided;
    const looked = (bracket?.character ?? '') + text;
    const toIndex = (at: number) =>
      at === 0 && bracket ? bracket.index : this.#pending.length + at - (bracket ? 1 : 0);
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

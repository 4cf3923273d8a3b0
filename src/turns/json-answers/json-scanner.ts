/** Finds where JSON begins and ends in what a chatty model says. */

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
export function findStart(text: string, root: Exclude<JsonRoot, undefined>, from = 0): number {
  const pattern = new RegExp(root === 'object' ? OBJECT_START : root === 'array' ? ARRAY_START : ANY_START);
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}

/** Follows an object or array, piece by piece, to its closing bracket. */
export class JsonScanner {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** The index behind the closing bracket if it is within `piece`, else -1. */
  scan(piece: string): number {
    for (let index = 0; index < piece.length; index++) {
      const character = piece[index];
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (character === '\\') this.#isEscaped = true;
        else if (character === '"') this.#isInString = false;
      } else if (character === '"') this.#isInString = true;
      else if (character === '{' || character === '[') this.#depth++;
      else if (character === '}' || character === ']') {
        this.#depth--;
        if (this.#depth <= 0) return index + 1;
      }
    }
    return -1;
  }
}

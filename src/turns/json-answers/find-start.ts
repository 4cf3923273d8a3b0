/** Finds where JSON begins in what a chatty model says. */

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

/**
 * Keeps what clients write from being a command to Claude Code's CLI, which acts on some texts before any model reads them and
 * without any tool: a prompt that begins with `/name` runs a command, and `@path` at a word's beginning puts that file, or the names
 * in that folder, into the prompt.
 *
 * In front of such a `/` or `@` goes one character that is not seen and has no meaning: the combining grapheme joiner. The CLI looks
 * for `/` at the beginning and for `@` behind white space, and this is none; trimming leaves it there, and so does a filter of format
 * characters (Unicode's Cf), which the joiner, unlike zero-width spaces, is not. A model reads the same text. A backslash or a space
 * would be seen, by models that are asked to look for mistakes in code (`@Override`, `@media`) too.
 */

const JOINER = '\u034F';

/** A path follows at once; `@` alone, as in `3 @ 5`, is none. */
const MENTION = /(^|\s)@(?=\S)/g;
const COMMAND = /^\s*(?=\/)/;

/**
 * The text of a prompt as a worker with Claude Code's CLI can be given it; of a transcript, its every message, as the CLI looks at
 * the whole. What is defused already is left as it is. What stands before an addition never changes by it.
 */
export function defuse(text: string): string {
  const quiet = text.includes('@') ? text.replace(MENTION, `$1${JOINER}@`) : text;
  return quiet.replace(COMMAND, `$&${JOINER}`);
}

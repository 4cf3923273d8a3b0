/** The beginning of what a model said before its calls: by this two answers with the same calls are told apart, at hardly any cost. */

/** So many characters are kept. */
const MAX_CHARACTERS = 1_024;
/** White space, which clients change, and halves of characters, which may be apart from each other or replaced. */
const LEFT_OUT = /[\s\ud800-\udfff\ufffd]+/g;
/** Of what a client sends back so much is looked at. */
const MAX_READ_CHARACTERS = 16 * MAX_CHARACTERS;

/** `beginning` with what came next. */
export function extendBeginning(beginning: string, text: string): string {
  if (beginning.length >= MAX_CHARACTERS) return beginning;
  return (beginning + text.slice(0, MAX_READ_CHARACTERS).replace(LEFT_OUT, '')).slice(0, MAX_CHARACTERS);
}

/** The beginning of a text that is there as a whole. */
export function beginningOf(texts: readonly string[]): string {
  return texts.reduce(extendBeginning, '');
}

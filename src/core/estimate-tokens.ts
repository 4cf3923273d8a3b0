/** The stand-in for a tokenizer where a worker reports no usage. */

const CHARACTERS_PER_TOKEN = 4;

/** A guess at the number of tokens in `characters` characters: a quarter of them, and never less than one. */
export function estimateTokens(characters: number): number {
  return Math.max(1, Math.round(characters / CHARACTERS_PER_TOKEN));
}

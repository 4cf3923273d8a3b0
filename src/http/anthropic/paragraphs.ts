/** Texts of which each is apart from the next. */

/** By a blank line; what is empty or not there is left out. */
export function joinParagraphs(texts: readonly (string | null | undefined)[]): string {
  return texts.filter(Boolean).join('\n\n');
}

/** Shows a wrong value, or a piece of it, in the line that says so. */

/** The longest piece of it, in characters. */
const MAX_SHOWN_CHARACTERS = 40;

/** As JSON. */
export function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= MAX_SHOWN_CHARACTERS
    ? text
    : `${text.slice(0, MAX_SHOWN_CHARACTERS - 1).toWellFormed()}…`;
}

/** Text of others (models, workers, clients) made fit for a terminal: what would steer the terminal is left out. */

/** Control characters but for tab and newline, the one that begins escape sequences among them. */
const STEERING = /[^\P{Cc}\t\n]/gu;
const BREAKING = /[\p{Cc}\u2028\u2029]+/gu;

/** Any number of lines. May be called with pieces of a text: it looks at single characters only. */
export function toPrintable(text: string): string {
  return text.replace(STEERING, '');
}

/** One line. */
export function toPrintableLine(text: string): string {
  return text.replace(BREAKING, ' ').trim();
}

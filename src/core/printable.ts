/**
 * Text of others (models, workers, clients) made fit for a terminal: what would steer the terminal, or turn the order of what it shows,
 * is left out. Everything that a command, the start line or the log prints of such text goes through here.
 */

/** Control characters but for tab and newline, the one that begins escape sequences among them, and marks of the writing direction. */
const STEERING = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const BREAKING = /[\p{Cc}\u2028\u2029]+/gu;
/** The same in JSON text, in which characters below U+0020 stand as escapes already. */
const STEERING_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const HEX = 16;
const HEX_DIGITS = 4;

/** Any number of lines. May be called with pieces of a text: it looks at single characters only. */
export function toPrintable(text: string): string {
  return text.replace(STEERING, '');
}

/** One line. */
export function toPrintableLine(text: string): string {
  return toPrintable(text.replace(BREAKING, ' ')).trim();
}

/** JSON text of the same value, in which nothing steers a terminal. */
export function toPrintableJson(json: string): string {
  return json.replace(
    STEERING_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(HEX).padStart(HEX_DIGITS, '0')}`,
  );
}

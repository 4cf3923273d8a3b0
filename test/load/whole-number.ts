/** Reads a number from a command line. */

/** Throws an error that names the option where `text` is no whole number from 0. */
export function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${option} takes a whole number, not ${text}`);
  return Number(text);
}

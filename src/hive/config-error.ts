/** Something that the user configured is wrong, and how the line that says so shows it. */

/** Its `message` is one line that says what is wrong, where it was written and what is allowed; never a secret. */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message.replace(/\s*[\r\n]+\s*/g, ' '), options);
    this.name = 'ConfigError';
  }
}

/** The longest piece of it, in characters. */
const MAX_SHOWN_CHARACTERS = 40;

/** A wrong value, or a piece of it, as JSON. */
export function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= MAX_SHOWN_CHARACTERS
    ? text
    : `${text.slice(0, MAX_SHOWN_CHARACTERS - 1).toWellFormed()}…`;
}

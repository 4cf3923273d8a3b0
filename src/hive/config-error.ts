/** Something that the user configured is wrong. */

/** Its `message` is one line that says what is wrong, where it was written and what is allowed; never a secret. */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message.replace(/\s*[\r\n]+\s*/g, ' '), options);
    this.name = 'ConfigError';
  }
}

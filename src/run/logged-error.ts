/** What an error shows of itself in the log: enough to find the mistake, and nothing that a client sent. */

/** The longest chain of causes that is shown. */
const MAX_CAUSES = 3;

export interface LoggedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  /** Where it was thrown, without the message that a stack begins with. */
  readonly stack: readonly string[];
  readonly cause?: LoggedError;
}

/** Other fields of the error are left out, whatever they hold. */
export function toLoggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: '', stack: [] };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: quotesInput(error) ? '' : error.message,
    stack: (error.stack ?? '').split('\n').flatMap((line) => /^ {4}at (.*)$/.exec(line)?.[1] ?? []),
    ...(error.cause === undefined || depth >= MAX_CAUSES
      ? {}
      : { cause: toLoggedError(error.cause, depth + 1) }),
  };
}

/** Parsers and validators say in their messages what they were given: JSON.parse, `new URL`, zod. */
function quotesInput(error: Error): boolean {
  return error instanceof SyntaxError || error instanceof RangeError || 'input' in error || 'issues' in error;
}

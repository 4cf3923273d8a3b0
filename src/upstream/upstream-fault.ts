/** What went wrong with the upstream, in words that a client may read: bounded, and without the key. */
import { Fault } from '../core/fault.js';

/** The longest piece of the upstream's own text that is passed on, in characters. */
const MAX_QUOTED_CHARACTERS = 500;
const MAX_CAUSES = 4;

/** @param apiKey what must not be quoted, should the upstream repeat it */
export function toUpstreamFault(error: unknown, apiKey: string | undefined): Fault {
  if (error instanceof Fault) return error;
  const status = statusOf(error);
  if (status !== undefined) return toStatusFault(status, error, apiKey);
  if (isNamed(error, 'APIConnectionTimeoutError'))
    return failed('the upstream did not begin its answer in time', error);
  if (isNamed(error, 'APIConnectionError')) {
    const code = systemCodeOf(error);
    return failed(`the upstream cannot be reached${code === undefined ? '' : ` (${code})`}`, error);
  }
  if (isNamed(error, 'APIError'))
    return failed(`the upstream failed: ${quote(error.message, apiKey)}`, error);
  if (error instanceof SyntaxError) return failed('the upstream gave an answer that cannot be read', error);
  return failed('the upstream broke off its answer', error);
}

/** The HTTP status of an answer that was none; undefined where none came. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

function toStatusFault(status: number, error: unknown, apiKey: string | undefined): Fault {
  // Servers repeat a part of the key that they refuse.
  if (status === 401) {
    const what = apiKey === undefined ? 'wants an API key' : 'refused the API key';
    return failed(`the upstream ${what} (401)`, error);
  }
  if (status >= 300 && status < 400)
    return failed(
      `the upstream redirects (${status}), which is not followed: its own address is needed`,
      error,
    );
  const text = error instanceof Error ? quote(error.message.replace(/^\d{3} /, ''), apiKey) : '';
  const code = status === 402 ? 'payment-required' : 'worker-error';
  return new Fault(code, `the upstream answered ${status}: ${text}`, { cause: error });
}

function failed(message: string, cause: unknown): Fault {
  return new Fault('worker-error', message, { cause });
}

function quote(text: string, apiKey: string | undefined): string {
  const safe = apiKey === undefined ? text : text.replaceAll(apiKey, '(key)');
  const line = safe.replace(/\s+/g, ' ').trim();
  if (line.length <= MAX_QUOTED_CHARACTERS) return line;
  return `${line.slice(0, MAX_QUOTED_CHARACTERS - 1).toWellFormed()}…`;
}

/** By the constructor's name: the package that has the classes is loaded late. */
function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.constructor.name === name;
}

/** The system's name for what broke a connection, which lies some causes deep. */
function systemCodeOf(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    if (
      'code' in cause &&
      typeof cause.code === 'string' &&
      /^(E[A-Z]+|UND_ERR_\w+|\w*CERT\w*)$/.test(cause.code)
    )
      return cause.code;
    cause = cause.cause;
  }
  return undefined;
}

/** What went wrong with the upstream, in words that a client may read: its own, bounded, and without the key. */
import { Fault } from '../core/fault.js';
import { isJsonObject } from '../core/json-object.js';
import { UpstreamRefusal } from './api.js';
import { NoAnswer } from './http-request.js';
import { type ErrorWords, readErrorValue, readErrorWords } from './error-words.js';
import { findRetryTime } from './retry-time.js';
import { findExcess, isTooLong } from './too-long.js';

/** The longest piece of the upstream's own text that is passed on, in characters. */
const MAX_QUOTED_CHARACTERS = 500;
const MAX_CAUSES = 4;
/** So much of a key is recognised where a server repeats it in part. */
const KEY_HEAD_CHARACTERS = 6;

/** When to come back where the server does not say it, in seconds. */
const RATE_SECONDS = 10;
const OVERLOAD_SECONDS = 10;
const NO_ACCESS_SECONDS = 60;
const UNREACHABLE_SECONDS = 5;

/** Of a connection that was there. */
const AFTER_REQUEST = /^(?:ECONNRESET|EPIPE|ECONNABORTED|HPE_INVALID_EOF_STATE)$/;
/** Of an answer that is none: its code says what is wrong with it. */
const NO_HTTP = /^HPE_\w+$/;

/** An error within an answer that began as one. */
export class StreamError extends Error {
  readonly words: ErrorWords;

  constructor(words: ErrorWords) {
    super('the upstream ended its answer with an error');
    this.name = 'StreamError';
    this.words = words;
  }
}

/** The error of a chunk, if it is one. */
export function errorOf(chunk: Readonly<Record<string, unknown>>): StreamError | undefined {
  const { error, choices, object, type, base_resp: base } = chunk;
  // MiniMax refuses with a 200 and its own code.
  if (isJsonObject(base) && choices == null && typeof base['status_msg'] === 'string')
    return new StreamError(readErrorValue({ message: base['status_msg'] }));
  const isError =
    (error != null && error !== '' && error !== false) ||
    object === 'error' ||
    type === 'error' ||
    (choices === undefined && ('detail' in chunk || ('message' in chunk && 'code' in chunk)));
  return isError
    ? new StreamError(readErrorValue(isJsonObject(error) || typeof error === 'string' ? { error } : chunk))
    : undefined;
}

/** @param apiKey what must not be quoted, should the upstream repeat it */
export function toUpstreamFault(error: unknown, apiKey: string | undefined): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof UpstreamRefusal) {
    const words = readErrorWords(error.body);
    return toStatusFault(error.status, words, error.headers, apiKey);
  }
  if (error instanceof StreamError) return toStreamFault(error.words, apiKey);
  if (error instanceof SyntaxError) return failed('the upstream gave an answer that cannot be read', error);
  const unpacked = unpackingCodeOf(error);
  if (unpacked !== undefined)
    return failed(`the upstream gave an answer that cannot be read (${unpacked})`, error);
  if (!(error instanceof NoAnswer)) return failed('the upstream broke off its answer', error);
  const code = systemCodeOf(error);
  const named = code === undefined ? '' : ` (${code})`;
  // It may have run what it was asked.
  if (code !== undefined && AFTER_REQUEST.test(code))
    return failed(`the upstream closed the connection before it answered${named}`, error);
  if (code !== undefined && NO_HTTP.test(code))
    return failed(`the upstream gave an answer that cannot be read${named}`, error);
  const message = `the upstream cannot be reached${named}`;
  return new Fault('unreachable', message, { retryAfterSeconds: UNREACHABLE_SECONDS, cause: error });
}

function toStreamFault(words: ErrorWords, apiKey: string | undefined): Fault {
  const status = words.status ?? statusOfType(words);
  if (status !== undefined && status < 500) return toStatusFault(status, words, new Headers(), apiKey);
  if (isTooLong(words)) return toStatusFault(400, words, new Headers(), apiKey);
  if (status === 503 || status === 529) return toStatusFault(status, words, new Headers(), apiKey);
  return failed(`the upstream failed: ${quote(words.message, apiKey) || 'it does not say why'}`, undefined);
}

/** Servers say in a stream only by a word what would have been a status. */
function statusOfType({ code, type }: ErrorWords): number | undefined {
  const word = `${type ?? ''} ${code ?? ''}`.toLowerCase();
  if (/rate_?limit|resource_exhausted|too_many|insufficient_quota/.test(word)) return 429;
  if (/overloaded|unavailable/.test(word)) return 503;
  if (/invalid_?request|bad_?request|invalid_argument|context_length|exceed_context/.test(word)) return 400;
  if (/authentication|invalid_api_key|permission|unauthenticated/.test(word)) return 401;
  return undefined;
}

function toStatusFault(
  status: number,
  words: ErrorWords,
  headers: Headers,
  apiKey: string | undefined,
): Fault {
  if (status >= 300 && status < 400)
    return failed(
      `the upstream redirects (${status}), which is not followed: its own address is needed`,
      undefined,
    );
  const said = quote(words.message, apiKey);
  const message = said || `the upstream answered ${status}`;
  const retryAfterSeconds = findRetryTime(headers, words, Date.now());
  const named = { ...(words.code === undefined ? {} : { reason: words.code }) };
  if (status !== 429 && status !== 401 && status !== 403 && status !== 413 && isTooLong(words)) {
    const excess = findExcess(words.message);
    return new Fault('context-too-long', message, excess === undefined ? {} : { excess });
  }
  switch (status) {
    case 401:
    case 403:
    case 407: {
      const what = apiKey === undefined ? 'wants an API key' : 'refused the API key';
      const text = `the upstream ${what} (${status})`;
      const cause = new Error(`the upstream answered ${status}${said === '' ? '' : `: ${said}`}`);
      return new Fault('no-access', text, { retryAfterSeconds: NO_ACCESS_SECONDS, cause });
    }
    case 402:
      return new Fault('payment-required', message, named);
    case 404:
    case 410:
      return new Fault('model-not-found', message, named);
    case 408:
      return new Fault('timeout', message);
    case 413:
      return new Fault('body-too-large', message, named);
    case 422:
      return new Fault('unprocessable', message, { ...named, ...paramOf(words) });
    case 429:
      return new Fault('limit-reached', message, { ...named, ...retryOf429(words, retryAfterSeconds) });
    case 503:
    case 529:
      return new Fault('overloaded', message, {
        ...named,
        retryAfterSeconds: retryAfterSeconds ?? OVERLOAD_SECONDS,
      });
    default:
      break;
  }
  if (status < 500) return new Fault('bad-request', message, { ...named, ...paramOf(words) });
  return failed(`the upstream answered ${status}${said === '' ? '' : `: ${said}`}`, undefined);
}

/** An account without money is not put right by waiting. */
function retryOf429({ code, type }: ErrorWords, seconds: number | undefined) {
  if (seconds !== undefined) return { retryAfterSeconds: seconds };
  const isSpent = code === 'insufficient_quota' || type === 'insufficient_quota';
  return isSpent ? {} : { retryAfterSeconds: RATE_SECONDS };
}

function paramOf({ param }: ErrorWords): { readonly param?: string } {
  return param === undefined ? {} : { param };
}

function failed(message: string, cause: unknown): Fault {
  return new Fault('worker-error', message, cause === undefined ? {} : { cause });
}

function quote(text: string, apiKey: string | undefined): string {
  const line = withoutKey(text, apiKey).replace(/\s+/g, ' ').trim();
  if (line.length <= MAX_QUOTED_CHARACTERS) return line;
  return `${line.slice(0, MAX_QUOTED_CHARACTERS - 1).toWellFormed()}…`;
}

/** Servers repeat a part of the key that they refuse. */
function withoutKey(text: string, apiKey: string | undefined): string {
  if (apiKey === undefined || apiKey === '') return text;
  const whole = text.replaceAll(apiKey, '(key)');
  const head = apiKey.slice(0, KEY_HEAD_CHARACTERS);
  if (head.length < KEY_HEAD_CHARACTERS) return whole;
  return whole
    .split(head)
    .map((piece, index) => (index === 0 ? piece : `(key)${piece.replace(/^[^\s"'.,;)]*/, '')}`))
    .join('');
}

/** Of zlib's errors, or brotli's. */
function unpackingCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^(?:Z_[A-Z_]+|ERR__ERROR_\w+|ERR_BROTLI\w*)$/.test(error.code) ? error.code : undefined;
}

/** The system's name for what broke a connection before there was an answer, which lies some causes deep. */
function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof NoAnswer)) return undefined;
  let cause: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    if (
      'code' in cause &&
      typeof cause.code === 'string' &&
      /^(E[A-Z_]+|HPE_\w+|\w*CERT\w*|\w*SIGNATURE\w*)$/.test(cause.code)
    )
      return cause.code;
    // Several addresses were tried.
    cause = cause instanceof AggregateError && cause.errors.length > 0 ? cause.errors[0] : cause.cause;
  }
  return undefined;
}

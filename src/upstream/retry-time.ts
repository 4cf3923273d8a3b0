/** When a server wants to be asked again. */
import type { ErrorWords } from './error-words.js';

/** The longest of the limits of accounts is a month. */
const MAX_SECONDS = 31 * 86_400;
const SECOND_MS = 1_000;

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 0.001],
  ['s', 1],
  ['sec', 1],
  ['secs', 1],
  ['second', 1],
  ['seconds', 1],
  ['m', 60],
  ['min', 60],
  ['mins', 60],
  ['minute', 60],
  ['minutes', 60],
  ['h', 3_600],
  ['hour', 3_600],
  ['hours', 3_600],
  ['d', 86_400],
  ['day', 86_400],
  ['days', 86_400],
]);
const SPAN = /(\d+(?:\.\d+)?)\s*(ms|secs?|seconds?|mins?|minutes?|hours?|days?|s|m|h|d)(?![a-z])\s*/gi;
const SENTENCE =
  /(?:try again|retry|wait|resets?|available)(?:\s+(?:again|after|in|for|at least|about))*\s*:?\s*((?:\d+(?:\.\d+)?\s*(?:ms|secs?|seconds?|mins?|minutes?|hours?|days?|s|m|h|d)(?![a-z])\s*)+)/i;

/** In whole seconds, at most a month; undefined where nothing says it. @param now in ms since the epoch, for a server that does not say what time it has */
export function findRetryTime(headers: Headers, words: ErrorWords, now: number): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
  const seconds =
    (Number.isFinite(milliseconds) ? milliseconds / SECOND_MS : undefined) ??
    fromHeader(headers.get('retry-after'), timeOf(headers) ?? now) ??
    words.retrySeconds ??
    fromText(words.message) ??
    fromReset(headers);
  if (seconds === undefined) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), 0), MAX_SECONDS);
}

/** What time the server has: a date that it names is one of its own clock. */
function timeOf(headers: Headers): number | undefined {
  const at = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Seconds, or a date. */
function fromHeader(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : (at - now) / SECOND_MS;
}

/** `Please try again in 1m7.66s.` */
function fromText(text: string): number | undefined {
  const [, span] = SENTENCE.exec(text) ?? [];
  return span === undefined ? undefined : spanOf(span);
}

/** OpenAI's and Groq's headers say when each limit is over that has run out. */
function fromReset(headers: Headers): number | undefined {
  const spans = ['requests', 'tokens'].flatMap((what) => {
    if (headers.get(`x-ratelimit-remaining-${what}`) !== '0') return [];
    return spanOf(headers.get(`x-ratelimit-reset-${what}`) ?? '') ?? [];
  });
  return spans.length > 0 ? Math.max(...spans) : undefined;
}

function spanOf(text: string): number | undefined {
  const pieces = [...text.matchAll(SPAN)];
  if (pieces.length === 0) return undefined;
  return pieces.reduce(
    (sum, [, number, unit = '']) => sum + Number(number) * (UNITS.get(unit.toLowerCase()) ?? 0),
    0,
  );
}

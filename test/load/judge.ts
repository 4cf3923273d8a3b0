/** Says what an exchange came to: exactly one end, with the whole answer or with an error, or something that must not be. */
import type { Exchange } from './exchange.js';
import { compareAnswer, type NumberedAnswer } from './numbered-answer.js';
import { type GivenCall, type LoadRoute, type Reading, toFrames } from './route.js';

export type Verdict =
  | { readonly kind: 'whole' }
  /** The turn ended on calls of the tool. */
  | { readonly kind: 'calls'; readonly calls: readonly GivenCall[] }
  /** `how`: `HTTP 502` or, behind the first byte of a stream, `in-band`, and the words of the error. */
  | { readonly kind: 'error'; readonly how: string }
  /** The client left by itself, and what it had been told was right. */
  | { readonly kind: 'left' }
  /** The server broke the connection. */
  | { readonly kind: 'cut' }
  /** Neither an end nor an error within the client's bound. */
  | { readonly kind: 'unended' }
  /** Something is missing in what was told. */
  | { readonly kind: 'lost'; readonly why: string }
  /** Something was told twice, or is another turn's. */
  | { readonly kind: 'duplicated'; readonly why: string };

const FIRST_ERROR_STATUS = 400;
const MAX_WORDS = 60;

/** @param isStream whether the request asked for one */
export function judge(
  { kind, status, body }: Exchange,
  route: LoadRoute,
  isStream: boolean,
  answer: NumberedAnswer,
): Verdict {
  if (kind === 'overdue') return { kind: 'unended' };
  const isComplete = kind === 'answered';
  if (status >= FIRST_ERROR_STATUS)
    return isComplete ? { kind: 'error', how: `HTTP ${status}: ${wordsOf(body)}` } : { kind };
  const reading = read(body, isComplete, isStream, route);
  if (reading === undefined) return { kind: 'lost', why: 'the answer is not what the route speaks' };
  const { lost, surplus, missing } = compareAnswer(reading.text, answer);
  if (surplus > 0) return { kind: 'duplicated', why: `${surplus} tokens too many` };
  if (lost > 0) return { kind: 'lost', why: `${lost} tokens in the middle` };
  if (reading.ends + reading.errors > 1) {
    return { kind: 'duplicated', why: `${reading.ends} ends and ${reading.errors} errors` };
  }
  if (!isComplete) return { kind };
  if (reading.errors === 1) return { kind: 'error', how: `in-band: ${wordsOf(body)}` };
  if (reading.ends === 0) return { kind: 'lost', why: 'the stream stopped as if that were its end' };
  if (reading.calls.length > 0) return { kind: 'calls', calls: reading.calls };
  return missing > 0 ? { kind: 'lost', why: `${missing} tokens at the end` } : { kind: 'whole' };
}

/** The error's own words, without what is another one in each run; on every surface they are its message. */
function wordsOf(body: string): string {
  const words = /"error":(?:"|\{[^}]*"message":")([^"]*)/.exec(body)?.[1] ?? 'without words';
  return words.replace(/\/\S+\.sock/, 'its socket').slice(0, MAX_WORDS);
}

/** Undefined where it does not parse. What did not come to its end is read up to its last whole line. */
function read(body: string, isComplete: boolean, isStream: boolean, route: LoadRoute): Reading | undefined {
  const nothing = { text: '', calls: [], ends: 0, errors: 0 };
  try {
    if (isStream) {
      return route.readStream(toFrames(isComplete ? body : body.slice(0, body.lastIndexOf('\n') + 1)));
    }
    return isComplete ? route.readWhole(JSON.parse(body)) : nothing;
  } catch {
    // Not JSON: said so by the caller, without the text.
    return undefined;
  }
}

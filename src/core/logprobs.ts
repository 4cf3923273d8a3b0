/** Probabilities of the tokens of an answer, in the form that OpenAI's chat completions have them in. */
import { isCount } from './count.js';
import { isJsonObject, type JsonObject } from './json-object.js';

/** Servers write -9999 for what is as good as impossible. */
const MAX_LOGPROB = 1e6;
const MAX_BYTE = 255;

/** One token, with whatever else a server says of it. */
export type TokenLogprob = JsonObject & {
  readonly token: string;
  /** The natural logarithm of its probability. */
  readonly logprob: number;
};

/** True for an object that names a token and its probability. */
export function isTokenLogprob(value: unknown): value is TokenLogprob {
  return isJsonObject(value) && typeof value['token'] === 'string' && isLogprob(value['logprob']);
}

/** JSON has words for numbers that no probability has: `1e999` is infinite once it is read. */
export function isLogprob(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_LOGPROB;
}

/** The likeliest tokens in the place of `token`, the likeliest first; empty where they were not asked for. */
export function alternativesOf({ top_logprobs: list }: TokenLogprob): readonly TokenLogprob[] {
  return Array.isArray(list) ? list.filter(isTokenLogprob) : [];
}

/** The token in UTF-8: as the server gives it, for a token may be a part of a character; else its text. */
export function bytesOf({ token, bytes }: TokenLogprob): readonly number[] {
  if (Array.isArray(bytes) && bytes.every((byte) => isCount(byte, MAX_BYTE))) return bytes;
  return [...Buffer.from(token)];
}

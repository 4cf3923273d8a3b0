/** Probabilities of the tokens of an answer, in the form that OpenAI's chat completions have them in. */
import { isJsonObject, type JsonObject } from './json-object.js';

/** One token, with whatever else a server says of it. */
export type TokenLogprob = JsonObject & {
  readonly token: string;
  /** The natural logarithm of its probability. */
  readonly logprob: number;
};

/** True for an object that names a token and its probability. */
export function isTokenLogprob(value: unknown): value is TokenLogprob {
  return isJsonObject(value) && typeof value['token'] === 'string' && typeof value['logprob'] === 'number';
}

/** The likeliest tokens in the place of `token`, the likeliest first; empty where they were not asked for. */
export function alternativesOf({ top_logprobs: list }: TokenLogprob): readonly TokenLogprob[] {
  return Array.isArray(list) ? list.filter(isTokenLogprob) : [];
}

/** The token in UTF-8: as the server gives it, for a token may be a part of a character; else its text. */
export function bytesOf({ token, bytes }: TokenLogprob): readonly number[] {
  if (Array.isArray(bytes) && bytes.every((byte) => typeof byte === 'number')) return bytes;
  return [...Buffer.from(token)];
}

/** Probabilities of tokens as completions have them: a list for each property, all of one length. */
import { alternativesOf, type TokenLogprob } from '../../../core/logprobs.js';

export interface LegacyLogprobs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly number[];
  /** The likeliest tokens of each place. */
  readonly top_logprobs: readonly Readonly<Record<string, number>>[];
  /** Where each token begins in the text of the answer, in characters. */
  readonly text_offset: readonly number[];
}

/** Null where there are none. @param offset where the first token begins */
export function toLegacyLogprobs(
  tokens: readonly TokenLogprob[] | undefined,
  offset: number,
): LegacyLogprobs | null {
  if (tokens === undefined || tokens.length === 0) return null;
  let end = offset;
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map((token) =>
      Object.fromEntries(alternativesOf(token).map((other) => [other.token, other.logprob])),
    ),
    text_offset: tokens.map(({ token }) => {
      const start = end;
      end += token.length;
      return start;
    }),
  };
}

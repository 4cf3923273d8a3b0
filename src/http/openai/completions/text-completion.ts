/** A whole answer as a `text_completion` (src/http/openai/README.md, "Completions"), and the probabilities of its tokens. */
import type { Answer } from '../../../core/collect.js';
import { addUsage } from '../../../core/event.js';
import { alternativesOf, type TokenLogprob } from '../../../core/logprobs.js';
import type { Envelope } from '../envelope.js';
import { NO_USAGE, toFinishReason, toUsage } from '../ending.js';

/**
 * @param answers one for each choice, in order
 * @param prefixes what the text of each begins with, where the prompts are wanted back
 */
export function toTextCompletion(
  answers: readonly Answer[],
  { id, created, model }: Envelope,
  prefixes: readonly string[],
) {
  return {
    id,
    object: 'text_completion',
    created,
    model,
    choices: answers.map(({ text, reason, logprobs }, index) => ({
      text: `${prefixes[index] ?? ''}${text}`,
      index,
      logprobs: toLegacyLogprobs(logprobs, (prefixes[index] ?? '').length),
      finish_reason: toFinishReason(reason, 'none'),
    })),
    usage: toUsage(answers.map(({ usage }) => usage).reduce(addUsage, NO_USAGE)),
    system_fingerprint: null,
  };
}

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

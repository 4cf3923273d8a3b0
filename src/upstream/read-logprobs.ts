/** Reads the probabilities of tokens that stand beside a piece of an answer, in the forms that servers have for them. */
import { isLogprob, isTokenLogprob, type TokenLogprob } from '../core/logprobs.js';
import { isJsonObject, type JsonObject } from '../core/json-object.js';

/** @param choice a choice of an answer or chunk */
export function readLogprobs({ logprobs }: JsonObject): readonly TokenLogprob[] {
  // Some servers have the list alone.
  if (Array.isArray(logprobs)) return logprobs.filter(isTokenLogprob);
  if (!isJsonObject(logprobs)) return [];
  const { content, refusal, tokens } = logprobs;
  if (Array.isArray(content) || Array.isArray(refusal))
    return [content, refusal].flatMap((list) => (Array.isArray(list) ? list.filter(isTokenLogprob) : []));
  return Array.isArray(tokens) ? fromLists(tokens, logprobs) : [];
}

/** The form of the older completions, which some servers have in chats too: a list for each property. */
function fromLists(tokens: readonly unknown[], lists: JsonObject): readonly TokenLogprob[] {
  const { token_logprobs: logprobs, top_logprobs: tops } = lists;
  return tokens.flatMap((token, index) => {
    const logprob: unknown = Array.isArray(logprobs) ? logprobs[index] : undefined;
    if (typeof token !== 'string' || !isLogprob(logprob)) return [];
    const top: unknown = Array.isArray(tops) ? tops[index] : undefined;
    return [{ token, logprob, bytes: [...Buffer.from(token)], top_logprobs: fromMap(top) }];
  });
}

/** The likeliest first. */
function fromMap(top: unknown): readonly TokenLogprob[] {
  if (Array.isArray(top)) return top.filter(isTokenLogprob);
  if (!isJsonObject(top)) return [];
  return Object.entries(top)
    .flatMap(([token, logprob]) =>
      isLogprob(logprob) ? [{ token, logprob, bytes: [...Buffer.from(token)] }] : [],
    )
    .sort((one, other) => other.logprob - one.logprob);
}

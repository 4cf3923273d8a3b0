/** Token counts as Anthropic gives them: those that were read from a cache do not count as input. */
import type { Usage } from '../../core/event.js';

/** Tokens written to a cache stand in `input_tokens`: the conversation does not count them apart. */
export function toUsage({ promptTokens, cachedTokens, completionTokens }: Usage) {
  return {
    input_tokens: Math.max(0, promptTokens - cachedTokens),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  };
}

/** What several turns took together. */
import type { Usage } from '../../core/event.js';

export const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };

/** Every turn reads the prompt for itself, so that its tokens count once for each. */
export function addUsage(one: Usage, other: Usage): Usage {
  return {
    promptTokens: one.promptTokens + other.promptTokens,
    completionTokens: one.completionTokens + other.completionTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
    estimated: one.estimated || other.estimated,
  };
}

/** How an answer ends, in OpenAI's words: why, and what it took. */
import type { FinishReason, Usage } from '../../core/event.js';

/** hum counts neither audio nor predictions, and few workers count thoughts apart from the answer: those are 0. */
export function toUsage(usage: Usage) {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens ?? 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Where several turns are added up: before the first. */
export const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: false };

/** How the calls of an answer are named; `none` if there are none. */
export type Calls = 'none' | 'tool_calls' | 'function_call';

/**
 * Calls decide, whatever the worker's reason: agents stop on a `stop` that has calls (src/http/README.md, "Traps", 10) and
 * would wait for calls that never came.
 */
export function toFinishReason(
  reason: FinishReason,
  calls: Calls,
): 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call' {
  if (calls !== 'none') return calls;
  switch (reason) {
    case 'stop':
    case 'tool-calls':
      return 'stop';
    case 'length':
      return 'length';
    case 'content-filter':
      return 'content_filter';
    default:
      return reason satisfies never;
  }
}

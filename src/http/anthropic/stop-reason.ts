/** Why an answer ended, in one of Anthropic's words. */
import type { FinishReason } from '../../core/event.js';

/**
 * Calls decide, whatever the worker said: agents run them on `tool_use` only, and would wait for calls that never came.
 * `stop_sequence` is never given: workers do not tell it from the answer's own end.
 */
export function toStopReason(
  reason: FinishReason,
  hasCalls: boolean,
): 'end_turn' | 'max_tokens' | 'tool_use' | 'refusal' {
  if (hasCalls) return 'tool_use';
  switch (reason) {
    case 'stop':
    case 'tool-calls':
      return 'end_turn';
    case 'length':
      return 'max_tokens';
    case 'content-filter':
      return 'refusal';
    default:
      return reason satisfies never;
  }
}

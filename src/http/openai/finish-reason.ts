/** Why an answer ended, in one of OpenAI's words; strict clients know no others. */
import type { FinishReason } from '../../core/event.js';

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

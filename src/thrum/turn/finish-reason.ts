/** What a worker's `finishReason` means. */
import type { FinishReason } from '../../core/event.js';

/**
 * The reason in our words; `error` is never a normal end. Unknown and absent mean `stop`
 * (src/thrum/README.md, "Finish reasons").
 */
export function toFinishReason(raw: unknown): FinishReason | 'error' {
  switch (raw) {
    case 'length':
    case 'max_tokens':
      return 'length';
    case 'tool_use':
    case 'tool-use':
    case 'tool_calls':
      return 'tool-calls';
    case 'content_filter':
    case 'refusal':
      return 'content-filter';
    default:
      return typeof raw === 'string' && (raw === 'error' || raw.startsWith('error_')) ? 'error' : 'stop';
  }
}

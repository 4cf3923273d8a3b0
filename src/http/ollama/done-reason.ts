/** Why an answer is over, in Ollama's words. */
import type { FinishReason } from '../../core/event.js';

/** Natively a turn that ends in tool calls says `stop` too (src/http/ollama/README.md, "Chat"). */
export function toDoneReason(reason: FinishReason): 'stop' | 'length' {
  switch (reason) {
    case 'length':
      return 'length';
    case 'stop':
    case 'tool-calls':
    case 'content-filter':
      return 'stop';
    default:
      return reason satisfies never;
  }
}

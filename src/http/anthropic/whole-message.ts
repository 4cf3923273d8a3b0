/** A whole answer as a `message`. */
import type { Answer } from '../../core/collect.js';
import type { Envelope } from './envelope.js';
import { toStopReason } from './stop-reason.js';
import { toToolInput } from './tool-input.js';
import { toUsage } from './usage.js';

/** An answer of nothing has no blocks. Thoughts are not signed here, which the empty signature says. */
export function toWholeMessage(answer: Answer, { id, model }: Envelope) {
  const { text, reasoning, toolCalls, reason, usage } = answer;
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [
      ...(reasoning !== '' ? [{ type: 'thinking', thinking: reasoning, signature: '' }] : []),
      ...(text !== '' ? [{ type: 'text', text }] : []),
      ...toolCalls.map((call) => ({
        type: 'tool_use',
        id: call.id,
        name: call.name,
        input: toToolInput(call).value,
      })),
    ],
    stop_reason: toStopReason(reason, toolCalls.length > 0),
    stop_sequence: null,
    usage: toUsage(usage),
  };
}

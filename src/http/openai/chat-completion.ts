/** A whole answer as a `chat.completion` (spec/openai.md §1.6). */
import type { Answer } from '../../conversation/collect.js';
import { toCalledFunction } from './called-function.js';
import type { Envelope } from './envelope.js';
import { toFinishReason } from './finish-reason.js';
import { toUsage } from './usage.js';

export function toChatCompletion(answer: Answer, { id, created, model }: Envelope) {
  const { text, reasoning, toolCalls, reason, usage } = answer;
  const hasCalls = toolCalls.length > 0;
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && hasCalls ? null : text,
          refusal: null,
          ...(reasoning !== '' ? { reasoning_content: reasoning, reasoning } : {}),
          ...(hasCalls
            ? {
                tool_calls: toolCalls.map((call) => ({
                  id: call.id,
                  type: 'function',
                  function: toCalledFunction(call),
                })),
              }
            : {}),
        },
        logprobs: null,
        finish_reason: toFinishReason(reason, hasCalls),
      },
    ],
    usage: toUsage(usage),
    service_tier: 'default',
    system_fingerprint: null,
  };
}

/** An answer as a `message`: whole, and the fields that a streamed one has too. */
import { randomBytes } from 'node:crypto';
import type { Answer } from '../../core/collect.js';
import type { FinishReason, Usage } from '../../core/event.js';
import { toToolInput } from '../../core/tool-input.js';

const ID_BYTES = 12;

/** A whole answer. One of nothing has no blocks. Reasoning is not signed here: the signature is empty. */
export function toWholeMessage(answer: Answer, { id, model }: Envelope) {
  const { text, messages = [text], reasoning, toolCalls, reason, usage } = answer;
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [
      ...(reasoning !== '' ? [{ type: 'thinking', thinking: reasoning, signature: '' }] : []),
      ...(text !== '' ? messages.map((message) => ({ type: 'text', text: message })) : []),
      ...toolCalls.map((call) => ({
        type: 'tool_use',
        id: call.id,
        name: call.name,
        input: toToolInput(call.input).value,
      })),
    ],
    stop_reason: toStopReason(reason, toolCalls.length > 0),
    stop_sequence: null,
    usage: toUsage(usage),
  };
}

/** The id and model of an answer. */
export interface Envelope {
  /** `msg_` and random letters and digits. */
  readonly id: string;
  /** The model's name as the client wrote it. */
  readonly model: string;
}

export function createEnvelope(model: string): Envelope {
  return { id: `msg_${randomBytes(ID_BYTES).toString('hex')}`, model };
}

/**
 * Why an answer ended, in one of Anthropic's words. Calls decide, whatever the worker's reason: agents run them on
 * `tool_use` only, and would wait for calls that never came. `stop_sequence` is never given: workers do not tell it from the
 * answer's own end.
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

/** Token counts: those that were read from a cache, or written to one, do not count as input. */
export function toUsage({ promptTokens, cachedTokens, cacheWriteTokens = 0, completionTokens }: Usage) {
  return {
    input_tokens: Math.max(0, promptTokens - cachedTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  };
}

/** From OpenAI's names for the knobs of sampling to the conversation's. */
import type { Sampling } from '../../conversation/request.js';
import type { ChatBody } from './schema.js';

/** Only what the client set; the choice of tools is not among it (`to-tools.ts`). */
export function toSampling(body: ChatBody): Sampling {
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  const stop = toStop(body.stop);
  const reasoningEffort = toReasoningEffort(body);
  return {
    ...(body.temperature != null ? { temperature: body.temperature } : {}),
    ...(body.top_p != null ? { topP: body.top_p } : {}),
    ...(body.top_k != null ? { topK: body.top_k } : {}),
    ...(body.min_p != null ? { minP: body.min_p } : {}),
    ...(maxTokens != null ? { maxTokens } : {}),
    ...(stop.length > 0 ? { stop } : {}),
    ...(body.seed != null ? { seed: body.seed } : {}),
    ...(body.frequency_penalty != null ? { frequencyPenalty: body.frequency_penalty } : {}),
    ...(body.presence_penalty != null ? { presencePenalty: body.presence_penalty } : {}),
    ...(body.repetition_penalty != null ? { repeatPenalty: body.repetition_penalty } : {}),
    ...(reasoningEffort ? { reasoningEffort } : {}),
  };
}

/** An empty string stops nothing; some clients send one for "no stop". */
function toStop(stop: ChatBody['stop']): readonly string[] {
  const list = typeof stop === 'string' ? [stop] : (stop ?? []);
  return list.filter((text) => text !== '');
}

/** OpenAI's field, or OpenRouter's, whose `enabled: false` is the effort `none`. */
function toReasoningEffort({ reasoning_effort, reasoning }: ChatBody): string | undefined {
  if (reasoning_effort) return reasoning_effort;
  if (reasoning?.enabled === false) return 'none';
  return reasoning?.effort ?? undefined;
}

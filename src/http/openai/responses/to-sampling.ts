/** From a response's names for the knobs of sampling to the conversation's. */
import type { Sampling } from '../../../core/request.js';
import { toReasoningEffort } from '../reasoning-effort.js';
import type { ResponsesFields } from './body-schema.js';

/** Only what the client set; the choice of tools is not among it (`to-tools.ts`). */
export function toSampling(body: ResponsesFields): Sampling {
  const reasoningEffort = toReasoningEffort({ reasoning_effort: body.reasoning?.effort });
  return {
    ...(body.temperature != null ? { temperature: body.temperature } : {}),
    ...(body.top_p != null ? { topP: body.top_p } : {}),
    ...(body.top_k != null ? { topK: body.top_k } : {}),
    ...(body.min_p != null ? { minP: body.min_p } : {}),
    ...(body.max_output_tokens != null ? { maxTokens: body.max_output_tokens } : {}),
    ...(body.seed != null ? { seed: body.seed } : {}),
    ...(body.frequency_penalty != null ? { frequencyPenalty: body.frequency_penalty } : {}),
    ...(body.presence_penalty != null ? { presencePenalty: body.presence_penalty } : {}),
    ...(reasoningEffort ? { reasoningEffort } : {}),
  };
}

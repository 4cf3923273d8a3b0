/** From Anthropic's names for the knobs of sampling to the conversation's. */
import type { Sampling } from '../../core/request.js';
import { toReasoningEffort } from './reasoning-effort.js';
import type { TurnBody } from './schema.js';

/** Only what the client set; the choice of tools is not among it (`to-tools.ts`). */
export function toSampling(body: TurnBody): Sampling {
  const { temperature, top_p, top_k, max_tokens } = body;
  // An empty string stops nothing.
  const stop = (body.stop_sequences ?? []).filter((text) => text !== '');
  const reasoningEffort = toReasoningEffort(body);
  return {
    ...(temperature != null ? { temperature } : {}),
    ...(top_p != null ? { topP: top_p } : {}),
    ...(top_k != null ? { topK: top_k } : {}),
    ...(max_tokens != null ? { maxTokens: max_tokens } : {}),
    ...(stop.length > 0 ? { stop } : {}),
    ...(reasoningEffort !== undefined ? { reasoningEffort } : {}),
  };
}

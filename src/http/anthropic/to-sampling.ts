/** From Anthropic's names for the parameters of sampling and reasoning to the conversation's. */
import type { Sampling } from '../../core/request.js';
import type { TurnBody } from './schema.js';

/** Budgets up to these, in tokens, ask for the effort beside them; larger ones for `high`. */
const BUDGETS = [
  [4_096, 'low'],
  [16_384, 'medium'],
] as const;

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

/**
 * How much a model is asked to think (src/http/anthropic/README.md, "Thinking"), in hum's word; undefined where it is the
 * worker's to decide. `disabled` is `none`; an effort that is named goes on as it is; else the budget of `enabled` decides.
 */
function toReasoningEffort({
  thinking,
  output_config,
}: Pick<TurnBody, 'thinking' | 'output_config'>): string | undefined {
  if (thinking?.type === 'disabled') return 'none';
  if (output_config?.effort) return output_config.effort;
  if (thinking?.type !== 'enabled') return undefined;
  const { budget_tokens } = thinking;
  if (budget_tokens == null) return 'medium';
  return BUDGETS.find(([most]) => budget_tokens <= most)?.[1] ?? 'high';
}

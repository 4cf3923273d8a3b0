/** How much a model is asked to think (src/http/anthropic/README.md, "Thinking"). */
import type { TurnBody } from './schema.js';

/** Budgets up to these, in tokens, ask for the effort beside them; larger ones for `high`. */
const BUDGETS = [
  [4_096, 'low'],
  [16_384, 'medium'],
] as const;

/**
 * Hum's word for it, undefined where it is the worker's to decide. `disabled` is `none`; an effort that is named goes on as
 * it is; else the budget of `enabled` tells.
 */
export function toReasoningEffort({
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

/** How many tokens a turn took, from OpenAI's words into hum's. */
import { isJsonObject } from '../core/json-object.js';

export interface TokenCounts {
  readonly prompt: number;
  readonly completion: number;
  /** Those of `prompt` that were read from a cache. */
  readonly cached: number;
}

/** A chunk's `usage`; undefined where it says nothing. */
export function toTokenCounts(usage: unknown): TokenCounts | undefined {
  if (!isJsonObject(usage)) return undefined;
  const details = usage['prompt_tokens_details'];
  return {
    prompt: toCount(usage['prompt_tokens']),
    completion: toCount(usage['completion_tokens']),
    cached: isJsonObject(details) ? toCount(details['cached_tokens']) : 0,
  };
}

export function addCounts(
  one: TokenCounts | undefined,
  other: TokenCounts | undefined,
): TokenCounts | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    prompt: one.prompt + other.prompt,
    completion: one.completion + other.completion,
    cached: one.cached + other.cached,
  };
}

/**
 * A `finish` tone's `usage`: fresh input and what was read from a cache stand apart there (src/thrum/README.md, "Usage").
 */
export function toToneUsage(counts: TokenCounts | undefined): Readonly<Record<string, number>> | null {
  if (counts === undefined) return null;
  const cached = Math.min(counts.cached, counts.prompt);
  return {
    input_tokens: counts.prompt - cached,
    output_tokens: counts.completion,
    ...(cached > 0 ? { cache_read_input_tokens: cached } : {}),
  };
}

function toCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.trunc(value) : 0;
}

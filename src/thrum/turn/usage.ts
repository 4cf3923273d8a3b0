/** Token counts of a turn, from what the worker reported and a guess at what it did not. */
import { estimateTokens } from '../../core/estimate-tokens.js';
import type { Usage } from '../../core/event.js';

/** How much was written and read, in characters. */
export interface Volume {
  readonly promptCharacters: number;
  readonly outputCharacters: number;
}

/** More is a mistake of the worker's. */
const MAX_TOKENS = 1_000_000_000;

/**
 * Prompt tokens are the sum of fresh input, cache reads and cache writes; cached tokens are the cache reads
 * (src/thrum/README.md, "Usage"). A side that is missing, zero or no count is estimated.
 */
export function toUsage(raw: unknown, volume: Volume): Usage {
  const cachedTokens = count(raw, 'cache_read_input_tokens');
  const cacheWriteTokens = count(raw, 'cache_creation_input_tokens');
  const promptTokens = count(raw, 'input_tokens') + cachedTokens + cacheWriteTokens;
  const completionTokens = count(raw, 'output_tokens');
  const reasoningTokens = Math.min(count(raw, 'reasoning_tokens'), completionTokens);
  return {
    promptTokens: promptTokens || estimateTokens(volume.promptCharacters),
    completionTokens: completionTokens || estimateTokens(volume.outputCharacters),
    cachedTokens,
    ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
    ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
    estimated: promptTokens === 0 || completionTokens === 0,
  };
}

function count(raw: unknown, key: string): number {
  if (typeof raw !== 'object' || raw === null) return 0;
  const value: unknown = Object.hasOwn(raw, key) ? Reflect.get(raw, key) : undefined;
  return typeof value === 'number' && value > 0 && value <= MAX_TOKENS ? Math.trunc(value) : 0;
}

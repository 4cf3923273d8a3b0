/** Token counts of a turn, from what the worker reported and a guess at what it did not. */
import { isCount } from '../../core/count.js';
import { estimateTokens } from '../../core/estimate-tokens.js';
import type { Usage } from '../../core/event.js';
import { isJsonObject } from '../../core/json-object.js';

/** How much was written and read, in characters. */
export interface Volume {
  readonly promptCharacters: number;
  readonly outputCharacters: number;
}

/**
 * Prompt tokens are the sum of fresh input, cache reads and cache writes; cached tokens are the cache reads
 * (src/thrum/README.md, "Usage"). A side that is missing or no count is estimated, and one that is zero where there were characters.
 */
export function toUsage(raw: unknown, volume: Volume): Usage {
  const { promptTokens, cachedTokens, cacheWriteTokens } = countPrompt(raw);
  const output = count(raw, 'output_tokens');
  const isCounted = output !== undefined && (output > 0 || volume.outputCharacters === 0);
  const completionTokens = isCounted ? output : estimateTokens(volume.outputCharacters);
  const reasoningTokens = isCounted ? Math.min(count(raw, 'reasoning_tokens') ?? 0, completionTokens) : 0;
  return {
    promptTokens: promptTokens || estimateTokens(volume.promptCharacters),
    completionTokens,
    cachedTokens,
    ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
    ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
    estimated: promptTokens === 0 || !isCounted,
    ...(promptTokens > 0 && !isCounted ? { isPromptCounted: true } : {}),
  };
}

const NOT_COUNTED = { promptTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 };

function countPrompt(raw: unknown): typeof NOT_COUNTED {
  const cachedTokens = count(raw, 'cache_read_input_tokens') ?? 0;
  const cacheWriteTokens = count(raw, 'cache_creation_input_tokens') ?? 0;
  const promptTokens = (count(raw, 'input_tokens') ?? 0) + cachedTokens + cacheWriteTokens;
  return isCount(promptTokens) ? { promptTokens, cachedTokens, cacheWriteTokens } : NOT_COUNTED;
}

/** Undefined for what no count can be. */
function count(raw: unknown, key: string): number | undefined {
  const value = isJsonObject(raw) ? raw[key] : undefined;
  return isCount(value) ? value : undefined;
}

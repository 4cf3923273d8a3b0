/** How many tokens a turn took, from the words of OpenAI and of other servers into hum's. */
import { isCount } from '../core/count.js';
import { isJsonObject, type JsonObject } from '../core/json-object.js';

export interface TokenCounts {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  /** Those of `prompt` that were read from a cache. */
  readonly cached: number;
  /** Those of `completion` that were thoughts. */
  readonly reasoning: number;
}

/** What a chunk or its choice says; undefined where that is nothing. */
export function toTokenCounts(chunk: JsonObject, choice: unknown): TokenCounts | undefined {
  const usage = findUsage(chunk, choice);
  if (usage === undefined) return undefined;
  const prompt = firstCount(usage, 'prompt_tokens', 'input_tokens');
  const completion = firstCount(usage, 'completion_tokens', 'output_tokens');
  if (prompt === undefined && completion === undefined) return undefined;
  const { prompt_tokens_details: read, input_tokens_details: input } = usage;
  const { completion_tokens_details: written, output_tokens_details: output } = usage;
  const cached =
    firstCount(isJsonObject(read) ? read : isJsonObject(input) ? input : {}, 'cached_tokens') ??
    // DeepSeek's name, and Moonshot's.
    firstCount(usage, 'prompt_cache_hit_tokens', 'cached_tokens');
  const reasoning =
    firstCount(isJsonObject(written) ? written : isJsonObject(output) ? output : {}, 'reasoning_tokens') ??
    firstCount(usage, 'reasoning_tokens');
  return { prompt, completion, cached: cached ?? 0, reasoning: reasoning ?? 0 };
}

/** Moonshot has it in the choice, Groq under a name of its own. */
function findUsage({ usage, x_groq: groq }: JsonObject, choice: unknown): JsonObject | undefined {
  const places = [
    usage,
    isJsonObject(choice) ? choice['usage'] : undefined,
    isJsonObject(groq) ? groq['usage'] : undefined,
  ];
  return places.find(isJsonObject);
}

export function addCounts(
  one: TokenCounts | undefined,
  other: TokenCounts | undefined,
): TokenCounts | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    prompt: addKnown(one.prompt, other.prompt),
    completion: addKnown(one.completion, other.completion),
    cached: one.cached + other.cached,
    reasoning: one.reasoning + other.reasoning,
  };
}

/**
 * A `finish` tone's `usage`: fresh input and what was read from a cache stand apart there (src/thrum/README.md, "Usage").
 */
export function toToneUsage(counts: TokenCounts | undefined): Readonly<Record<string, number>> | null {
  if (counts === undefined) return null;
  const { prompt, completion, reasoning } = counts;
  const cached = Math.min(counts.cached, prompt ?? 0);
  return {
    ...(prompt === undefined ? {} : { input_tokens: prompt - cached }),
    ...(completion === undefined ? {} : { output_tokens: completion }),
    ...(cached > 0 ? { cache_read_input_tokens: cached } : {}),
    ...(reasoning > 0 ? { reasoning_tokens: reasoning } : {}),
  };
}

function addKnown(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one + other;
}

/** The first of `names` that is a count. A number that no count can be is none. */
export function firstCount(object: JsonObject, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = object[name];
    if (isCount(value)) return value;
  }
  return undefined;
}

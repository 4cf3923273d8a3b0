/** From OpenAI's names for the parameters of sampling and reasoning to the conversation's. */
import type { Sampling } from '../../core/request.js';
import type { ChatBody } from './chat/schema.js';

type OptionalNumber = number | null | undefined;

/** The fields that a chat and a completion have in common; null is the same as absent. */
export interface SamplingFields {
  readonly temperature?: OptionalNumber;
  readonly top_p?: OptionalNumber;
  readonly top_k?: OptionalNumber;
  readonly min_p?: OptionalNumber;
  /** Counts the reasoning too, and wins over `max_tokens`. */
  readonly max_completion_tokens?: OptionalNumber;
  readonly max_tokens?: OptionalNumber;
  readonly stop?: string | readonly string[] | null | undefined;
  readonly seed?: OptionalNumber;
  readonly frequency_penalty?: OptionalNumber;
  readonly presence_penalty?: OptionalNumber;
  readonly repetition_penalty?: OptionalNumber;
  /** True or false in a chat, with the number beside it; the number itself in a completion. */
  readonly logprobs?: unknown;
  readonly top_logprobs?: unknown;
}

type ReasoningFields = Pick<
  ChatBody,
  'reasoning_effort' | 'reasoning' | 'include_reasoning' | 'chat_template_kwargs'
>;

const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);
/** What a plain "yes" means, as OpenRouter and Ollama read it. */
const DEFAULT_EFFORT = 'medium';
/** Codex has a word above OpenAI's highest. */
const ABOVE_MAX = 'ultra';

/** Only what the client set. Tools and reasoning are not among it: a completion has neither. */
export function toSampling(fields: SamplingFields): Sampling {
  const maxTokens = fields.max_completion_tokens ?? fields.max_tokens;
  const stop = toStop(fields.stop);
  const topLogprobs = toTopLogprobs(fields);
  return {
    ...(fields.temperature != null ? { temperature: fields.temperature } : {}),
    ...(fields.top_p != null ? { topP: fields.top_p } : {}),
    ...(fields.top_k != null ? { topK: fields.top_k } : {}),
    ...(fields.min_p != null ? { minP: fields.min_p } : {}),
    ...(maxTokens != null ? { maxTokens } : {}),
    ...(stop.length > 0 ? { stop } : {}),
    ...(fields.seed != null ? { seed: fields.seed } : {}),
    ...(fields.frequency_penalty != null ? { frequencyPenalty: fields.frequency_penalty } : {}),
    ...(fields.presence_penalty != null ? { presencePenalty: fields.presence_penalty } : {}),
    ...(fields.repetition_penalty != null ? { repeatPenalty: fields.repetition_penalty } : {}),
    ...(topLogprobs !== undefined ? { topLogprobs } : {}),
  };
}

function toTopLogprobs({ logprobs, top_logprobs }: SamplingFields): number | undefined {
  const count = logprobs === true ? (top_logprobs ?? 0) : logprobs;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined;
}

/** An empty string stops nothing; some clients send one for "no stop". */
function toStop(stop: SamplingFields['stop']): readonly string[] {
  const list = typeof stop === 'string' ? [stop] : (stop ?? []);
  return list.filter((text) => text !== '');
}

/**
 * How much a chat asks the model to think (src/http/openai/README.md, "Chat requests"): OpenAI's field, OpenRouter's
 * `reasoning` or vLLM's `chat_template_kwargs.enable_thinking`, the first that is there. An unknown word leaves it
 * to the worker.
 */
export function toReasoningEffort({
  reasoning_effort,
  reasoning,
  chat_template_kwargs,
}: ReasoningFields): string | undefined {
  const word = reasoning_effort || (reasoning?.enabled === false ? 'none' : reasoning?.effort);
  if (word) return known(word.toLowerCase());
  if (reasoning?.enabled === true) return DEFAULT_EFFORT;
  return chat_template_kwargs?.enable_thinking === false ? 'none' : undefined;
}

/** True where the client wants no reasoning in its answer, whether or not the model thinks. */
export function hidesReasoning(fields: ReasoningFields): boolean {
  const { include_reasoning, reasoning } = fields;
  return include_reasoning === false || reasoning?.exclude === true || toReasoningEffort(fields) === 'none';
}

function known(word: string): string | undefined {
  if (word === ABOVE_MAX) return 'max';
  return EFFORTS.has(word) ? word : undefined;
}

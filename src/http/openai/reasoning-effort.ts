/** How much a chat asks the model to think, and whether it wants to see it (src/http/openai/README.md, "Chat requests"). */
import type { ChatBody } from './chat/schema.js';

type Knobs = Pick<ChatBody, 'reasoning_effort' | 'reasoning' | 'include_reasoning' | 'chat_template_kwargs'>;

const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);
/** What a plain "yes" means, as OpenRouter and Ollama read it. */
const DEFAULT_EFFORT = 'medium';
/** Codex has a word above OpenAI's highest. */
const ABOVE_MAX = 'ultra';

/**
 * OpenAI's field, OpenRouter's `reasoning` or vLLM's `chat_template_kwargs.enable_thinking`, the first that is there. A
 * word that nobody knows leaves it to the worker.
 */
export function toReasoningEffort({
  reasoning_effort,
  reasoning,
  chat_template_kwargs,
}: Knobs): string | undefined {
  const word = reasoning_effort || (reasoning?.enabled === false ? 'none' : reasoning?.effort);
  if (word) return known(word.toLowerCase());
  if (reasoning?.enabled === true) return DEFAULT_EFFORT;
  return chat_template_kwargs?.enable_thinking === false ? 'none' : undefined;
}

/** True where the client wants no reasoning in its answer, whether or not the model thinks. */
export function hidesReasoning(knobs: Knobs): boolean {
  const { include_reasoning, reasoning } = knobs;
  return include_reasoning === false || reasoning?.exclude === true || toReasoningEffort(knobs) === 'none';
}

function known(word: string): string | undefined {
  if (word === ABOVE_MAX) return 'max';
  return EFFORTS.has(word) ? word : undefined;
}

/** hum's knobs of sampling under OpenAI's names. */
import { isJsonObject } from '../../core/json-object.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Fields under the same name on every server, by the knob that sets them. */
const PLAIN: ReadonlyMap<string, readonly string[]> = new Map([
  ['temperature', ['temperature']],
  ['topP', ['top_p']],
  ['topK', ['top_k']],
  ['minP', ['min_p']],
  ['seed', ['seed']],
  ['frequencyPenalty', ['frequency_penalty']],
  ['presencePenalty', ['presence_penalty']],
  // vLLM's name, and llama.cpp's.
  ['repeatPenalty', ['repetition_penalty', 'repeat_penalty']],
]);

/** Only what is set. `toolChoice` and `parallelToolCalls` go with the tools and are not among it. Pure. */
export function toSamplingFields(sampling: unknown): Fields {
  if (!isJsonObject(sampling)) return {};
  const fields: Record<string, unknown> = {};
  for (const [knob, names] of PLAIN) {
    const value = sampling[knob];
    if (typeof value === 'number') for (const name of names) fields[name] = value;
  }
  const { maxTokens, stop, reasoningEffort, topLogprobs } = sampling;
  // Negative is Ollama's "no limit".
  if (typeof maxTokens === 'number' && maxTokens >= 0) fields['max_tokens'] = maxTokens;
  if (typeof stop === 'string' || (Array.isArray(stop) && stop.length > 0)) fields['stop'] = stop;
  if (typeof reasoningEffort === 'string') fields['reasoning_effort'] = reasoningEffort;
  if (typeof topLogprobs === 'number') {
    fields['logprobs'] = true;
    if (topLogprobs > 0) fields['top_logprobs'] = topLogprobs;
  }
  return fields;
}

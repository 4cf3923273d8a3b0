/** From OpenAI's names for the knobs of sampling to the conversation's. */
import type { Sampling } from '../../core/request.js';

type Knob = number | null | undefined;

/** The fields that a chat and a completion have in common; null is the same as absent. */
export interface SamplingFields {
  readonly temperature?: Knob;
  readonly top_p?: Knob;
  readonly top_k?: Knob;
  readonly min_p?: Knob;
  /** Counts the reasoning too, and wins over `max_tokens`. */
  readonly max_completion_tokens?: Knob;
  readonly max_tokens?: Knob;
  readonly stop?: string | readonly string[] | null | undefined;
  readonly seed?: Knob;
  readonly frequency_penalty?: Knob;
  readonly presence_penalty?: Knob;
  readonly repetition_penalty?: Knob;
}

/** Only what the client set. Tools and reasoning are not among it: a completion has neither. */
export function toSampling(fields: SamplingFields): Sampling {
  const maxTokens = fields.max_completion_tokens ?? fields.max_tokens;
  const stop = toStop(fields.stop);
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
  };
}

/** An empty string stops nothing; some clients send one for "no stop". */
function toStop(stop: SamplingFields['stop']): readonly string[] {
  const list = typeof stop === 'string' ? [stop] : (stop ?? []);
  return list.filter((text) => text !== '');
}

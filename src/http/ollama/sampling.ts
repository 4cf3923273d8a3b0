/** Ollama's `options` and `think` as hum's sampling (src/http/ollama/README.md, "Options" and "Thinking"). */
import { Fault } from '../../core/fault.js';
import type { Sampling } from '../../core/request.js';

/** The words that `think` may be. */
export const LEVELS: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'max']);
/** What a plain `true` means, by Ollama's own reading. */
const DEFAULT_LEVEL = 'medium';

type MutableSampling = { -readonly [Key in keyof Sampling]: Sampling[Key] };

/** The kind that Ollama wants an option to be, in the words of its error texts. */
type OptionType = 'float32' | 'integer' | 'boolean';

/** What hum has a word for and what is only checked. */
export const SCALAR_OPTIONS: ReadonlyMap<string, OptionType> = new Map([
  ...typed('float32', 'temperature', 'top_p', 'min_p', 'typical_p'),
  ...typed('float32', 'repeat_penalty', 'presence_penalty', 'frequency_penalty'),
  ...typed('integer', 'top_k', 'num_predict', 'seed', 'repeat_last_n', 'num_keep'),
  ...typed('integer', 'num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'num_thread', 'draft_num_predict'),
  ...typed('boolean', 'use_mmap'),
]);

/** Those that are a field of a turn's sampling. */
export const SAMPLING_OPTIONS: ReadonlySet<string> = new Set([
  ...['temperature', 'top_p', 'top_k', 'min_p', 'num_predict', 'seed', 'stop'],
  ...['frequency_penalty', 'presence_penalty', 'repeat_penalty'],
]);

function typed(type: OptionType, ...names: readonly string[]): [string, OptionType][] {
  return names.map((name) => [name, type]);
}

/**
 * Options that hum has no word for (`num_ctx` and other matters of the runner) are checked and left out; unknown names
 * are ignored and `null` is unset. Throws `bad-request` with Ollama's text for an option of the wrong type.
 */
export function toSampling(options: Readonly<Record<string, unknown>> | null | undefined): Sampling {
  const sampling: MutableSampling = {};
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value == null) continue;
    if (name === 'stop') {
      const stop = toStop(value);
      if (stop.length > 0) sampling.stop = stop;
      continue;
    }
    const type = SCALAR_OPTIONS.get(name);
    if (type !== undefined) setScalar(sampling, name, toScalar(name, type, value));
  }
  return sampling;
}

function toScalar(name: string, type: OptionType, value: unknown): number | undefined {
  if (type === 'boolean') {
    if (typeof value !== 'boolean') throw wrongType(name, type);
    return undefined;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(name, type);
  return type === 'integer' ? Math.trunc(value) : value;
}

function setScalar(sampling: MutableSampling, name: string, value: number | undefined): void {
  if (value === undefined) return;
  switch (name) {
    case 'temperature':
      sampling.temperature = value;
      break;
    case 'top_p':
      sampling.topP = value;
      break;
    case 'top_k':
      sampling.topK = value;
      break;
    case 'min_p':
      sampling.minP = value;
      break;
    case 'num_predict':
      // 0 and below mean "without a limit" (-1) or "to the end of the context" (-2): both are hum's default.
      if (value > 0) sampling.maxTokens = value;
      break;
    case 'seed':
      // -1 is Ollama's word for a random one.
      if (value !== -1) sampling.seed = value;
      break;
    case 'frequency_penalty':
      sampling.frequencyPenalty = value;
      break;
    case 'presence_penalty':
      sampling.presencePenalty = value;
      break;
    case 'repeat_penalty':
      sampling.repeatPenalty = value;
      break;
  }
}

function toStop(value: unknown): string[] {
  if (!Array.isArray(value)) throw wrongType('stop', 'array');
  return value.map((item: unknown) => {
    if (typeof item !== 'string')
      throw new Fault('bad-request', 'option "stop" must be of an array of strings');
    return item;
  });
}

function wrongType(name: string, type: string): Fault {
  return new Fault('bad-request', `option "${name}" must be of type ${type}`);
}

/**
 * `think` as hum's reasoning effort. Undefined where it is unset: the worker decides. Throws `bad-request` for anything that
 * Ollama refuses.
 */
export function toReasoningEffort(think: unknown): string | undefined {
  if (think == null) return undefined;
  if (typeof think === 'boolean') return think ? DEFAULT_LEVEL : 'none';
  if (typeof think !== 'string') {
    const text = 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)';
    throw new Fault('bad-request', text);
  }
  if (LEVELS.has(think)) return think;
  const text = `invalid think value: "${think}" (must be "high", "medium", "low", "max", true, or false)`;
  throw new Fault('bad-request', text);
}

/**
 * The fields of a body for which a turn has none of its own. Each surface has a table of them: what asks a chat completion for the same,
 * and what nothing here can do.
 */
import type { FurtherSetting } from '../core/request.js';

/** What a field asks for, null never; undefined where there is nothing to say of it: its value is what happens anyway. */
export type SettingRule = (value: unknown, name: string) => SettingResult;
export type SettingResult = FurtherSetting | readonly FurtherSetting[] | undefined;

export interface SettingTable {
  /** Fields that are read elsewhere, and nowhere here: a body that has only these, as most have, need not be asked. */
  readonly own: ReadonlySet<string>;
  readonly rules: ReadonlyMap<string, SettingRule>;
  /** For all other fields. */
  readonly other: SettingRule;
}

/** @param fields all that a body's schema has */
export function settingTable(
  fields: readonly string[],
  rules: ReadonlyMap<string, SettingRule>,
  other: SettingRule,
): SettingTable {
  return { own: new Set(fields.filter((name) => !rules.has(name))), rules, other };
}

/** Undefined where there are none. Pure. @param body the whole of it, as it was parsed */
export function furtherSettings(
  body: object,
  { own, rules, other }: SettingTable,
): readonly FurtherSetting[] | undefined {
  let found: FurtherSetting[] | undefined;
  for (const [name, value] of Object.entries(body)) {
    const rule = rules.get(name) ?? (own.has(name) ? undefined : other);
    if (rule === undefined || value == null) continue;
    const result = rule(value, name);
    if (result === undefined) continue;
    found ??= [];
    if (Array.isArray(result)) found.push(...result);
    else if ('name' in result) found.push(result);
  }
  return found === undefined || found.length === 0 ? undefined : found;
}

/** The same field of a chat completion. */
export const passed: SettingRule = (value, name) => ({
  name,
  asked: { [name]: value },
  isMet: isDefault(name, value),
});

/** The same field, of which the bridge makes all that it can: it names a conversation or who has it, or is kept with the answer. */
export const passedAndUsed: SettingRule = (value, name) => ({ name, asked: { [name]: value }, isMet: true });

/** Nothing asks for the same. */
export const unmet: SettingRule = (_value, name) => ({ name });

/** The same field where servers of chat completions are known to have it: all others may belong to the client's own surface. */
export const passedIfKnown: SettingRule = (value, name) =>
  KNOWN_TO_SERVERS.has(name) ? passed(value, name) : unmet(value, name);

/** What is asked for here is what is done without it. */
function isDefault(name: string, value: unknown): boolean {
  switch (name) {
    case 'service_tier':
      return value === 'auto' || value === 'default';
    case 'verbosity':
      return value === 'medium';
    case 'modalities':
      return Array.isArray(value) && value.every((modality) => modality === 'text');
    default:
      return (
        value === false || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
      );
  }
}

/** Fields of chat completions, of OpenAI and of the servers that have its API, but for those that a turn has fields for. */
const KNOWN_TO_SERVERS: ReadonlySet<string> = new Set([
  // OpenAI
  ...['frequency_penalty', 'presence_penalty', 'logit_bias', 'seed', 'stop', 'verbosity', 'service_tier'],
  ...['user', 'safety_identifier', 'metadata', 'prompt_cache_key', 'prompt_cache_retention', 'prediction'],
  ...['prompt_cache_options', 'moderation', 'web_search_options', 'modalities'],
  // vLLM and SGLang
  ...['top_k', 'min_p', 'repetition_penalty', 'length_penalty', 'min_tokens', 'ignore_eos', 'stop_token_ids'],
  ...['bad_words', 'allowed_token_ids', 'include_stop_str_in_output', 'skip_special_tokens', 'priority'],
  ...[
    'spaces_between_special_tokens',
    'chat_template',
    'chat_template_kwargs',
    'structured_outputs',
    'documents',
  ],
  ...[
    'guided_json',
    'guided_regex',
    'guided_choice',
    'guided_grammar',
    'thinking_token_budget',
    'vllm_xargs',
  ],
  ...[
    'regex',
    'ebnf',
    'separate_reasoning',
    'stream_reasoning',
    'lora_path',
    'cache_salt',
    'use_beam_search',
  ],
  // llama.cpp
  ...['repeat_penalty', 'repeat_last_n', 'typical_p', 'mirostat', 'mirostat_tau', 'mirostat_eta', 'grammar'],
  ...['json_schema', 'n_keep', 'min_keep', 'n_probs', 'cache_prompt', 'id_slot', 'samplers', 'n_discard'],
  ...[
    'dynatemp_range',
    'dynatemp_exponent',
    'xtc_probability',
    'xtc_threshold',
    'dry_multiplier',
    'dry_base',
  ],
  ...['dry_allowed_length', 'dry_penalty_last_n', 'dry_sequence_breakers', 'top_n_sigma', 'reasoning_format'],
  ...['thinking_budget_tokens', 'thinking_forced_open', 'lora', 'ttl'],
  // OpenRouter and Mistral
  ...['provider', 'models', 'route', 'transforms', 'plugins', 'top_a', 'include_reasoning', 'safe_prompt'],
  ...['random_seed', 'prompt_mode'],
]);

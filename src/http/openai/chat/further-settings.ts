/** What a chat asks for besides what a turn has fields for. All of it is a chat completion's already. */
import { isJsonObject } from '../../../core/json-object.js';
import { passed, passedAndUsed, type SettingRule, settingTable } from '../../further-settings.js';
import { toReasoningEffort } from '../to-sampling.js';
import { chatBody } from './schema.js';

/** One that names no conversation and nobody has no use here. */
const metadata: SettingRule = (value, name) =>
  isJsonObject(value) && ('session_id' in value || 'user_id' in value)
    ? passedAndUsed(value, name)
    : passed(value, name);

/** A word that the bridge does not know may be one that the server knows. */
const effort: SettingRule = (value, name) =>
  value === '' || toReasoningEffort({ reasoning_effort: String(value) }) !== undefined
    ? undefined
    : passed(value, name);

/** OpenRouter's: an effort is a field of the turn, a number of tokens is not. */
const reasoning: SettingRule = (value, name) =>
  isJsonObject(value) && value['max_tokens'] != null && value['effort'] == null
    ? { name: `${name}.max_tokens`, asked: { [name]: value } }
    : undefined;

/** Without thoughts is an effort of the turn. */
const templateFields: SettingRule = (value, name) =>
  isJsonObject(value) && Object.keys(value).join() === 'enable_thinking' && value['enable_thinking'] === false
    ? passedAndUsed(value, name)
    : passed(value, name);

export const CHAT_SETTINGS = settingTable(
  Object.keys(chatBody.shape),
  new Map([
    ...['user', 'safety_identifier', 'prompt_cache_key'].map((name) => [name, passedAndUsed] as const),
    ['metadata', metadata],
    ['modalities', passed],
    ['reasoning_effort', effort],
    ['reasoning', reasoning],
    ['chat_template_kwargs', templateFields],
  ]),
  passed,
);

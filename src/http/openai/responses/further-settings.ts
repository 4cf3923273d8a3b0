/** What a request for a response asks for besides what a turn has fields for. */
import { isJsonObject } from '../../../core/json-object.js';
import {
  passed,
  passedAndUsed,
  passedIfKnown,
  type SettingRule,
  settingTable,
  unmet,
} from '../../further-settings.js';
import { toReasoningEffort } from '../to-sampling.js';
import { responsesBody } from './body-schema.js';

const text: SettingRule = (value, name) => {
  const { verbosity } = isJsonObject(value) ? value : {};
  if (verbosity == null) return undefined;
  return { name: `${name}.verbosity`, asked: { verbosity }, isMet: verbosity === 'medium' };
};

const REASONING_FIELDS = new Set(['effort', 'summary', 'generate_summary']);

/** A word for the effort that the bridge does not know may be one that the server knows. */
const reasoning: SettingRule = (value, name) => {
  if (!isJsonObject(value)) return undefined;
  const { effort } = value;
  const isUnknown =
    typeof effort === 'string' &&
    effort !== '' &&
    toReasoningEffort({ reasoning_effort: effort }) === undefined;
  const others = Object.keys(value).filter((key) => !REASONING_FIELDS.has(key) && value[key] != null);
  return [
    ...(isUnknown ? [{ name: `${name}.effort`, asked: { reasoning_effort: effort } }] : []),
    ...others.map((key) => ({ name: `${name}.${key}` })),
  ];
};

/** Nothing is added to a stream to hide its lengths. */
const streamOptions: SettingRule = (value, name) =>
  isJsonObject(value) && value['include_obfuscation'] === true
    ? { name: `${name}.include_obfuscation` }
    : undefined;

export const RESPONSE_SETTINGS = settingTable(
  // `type` is that of a WebSocket's message.
  [...Object.keys(responsesBody.shape), 'type'],
  new Map([
    ...['user', 'safety_identifier', 'prompt_cache_key', 'metadata'].map(
      (name) => [name, passedAndUsed] as const,
    ),
    ['service_tier', passed],
    ['prompt_cache_retention', passed],
    ['max_tool_calls', unmet],
    ['text', text],
    ['reasoning', reasoning],
    ['stream_options', streamOptions],
  ]),
  passedIfKnown,
);

/** What a chat or a generation asks for besides what a turn has fields for. */
import { hasOnly, isJsonObject } from '../../core/json-object.js';
import { passedIfKnown, type SettingRule, type SettingTable, settingTable } from '../further-settings.js';
import { chatBody, generateBody } from './schema.js';
import { SAMPLING_OPTIONS } from './sampling.js';

/** Options that llama.cpp's server has under another name. */
const RENAMED: ReadonlyMap<string, string> = new Map([['num_keep', 'n_keep']]);

const option: SettingRule = (value, name) => {
  const renamed = RENAMED.get(name);
  return renamed === undefined ? passedIfKnown(value, name) : { name, asked: { [renamed]: value } };
};

const options: SettingRule = (value) => {
  // Most have only those that a turn has fields for.
  if (!isJsonObject(value) || hasOnly(value, SAMPLING_OPTIONS)) return undefined;
  return Object.entries(value).flatMap(([name, child]) =>
    child == null || SAMPLING_OPTIONS.has(name) ? [] : (option(child, name) ?? []),
  );
};

/** The text goes to the model as the worker or its server puts it; its template is its own. */
const unmetIfSet: SettingRule = (value, name) => (value === '' || value === false ? undefined : { name });

/** A server that is full says so, or goes on, as it does. */
const shift: SettingRule = (value, name) => (value === false ? { name } : undefined);

const RULES: ReadonlyMap<string, SettingRule> = new Map([
  ['options', options],
  ['template', unmetIfSet],
  ['raw', unmetIfSet],
  ['shift', shift],
]);

/** @param fields of a body; Go reads keys in any case */
function tableOf(fields: readonly string[]): SettingTable {
  const known = new Set(fields);
  return settingTable(fields, RULES, (value, name) => {
    const field = name.toLowerCase();
    return known.has(field) ? RULES.get(field)?.(value, field) : { name };
  });
}

export const CHAT_SETTINGS = tableOf(Object.keys(chatBody.out.shape));
export const GENERATE_SETTINGS = tableOf(Object.keys(generateBody.out.shape));

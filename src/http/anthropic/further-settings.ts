/** What a message asks for besides what a turn has fields for. */
import { createHash } from 'node:crypto';
import { isJsonObject } from '../../core/json-object.js';
import type { FurtherSetting } from '../../core/request.js';
import { passedIfKnown, type SettingRule, settingTable } from '../further-settings.js';
import { messagesBody } from './schema.js';

/** What OpenAI takes for a user; a longer id goes out as its SHA-256, which is as long as that in hex. */
const MAX_USER_CHARACTERS = 64;

const metadata: SettingRule = (value, name) => {
  if (!isJsonObject(value)) return { name };
  return Object.entries(value).flatMap(([key, child]): FurtherSetting[] => {
    if (child == null || child === '') return [];
    const setting = `${name}.${key}`;
    if (key !== 'user_id' || typeof child !== 'string') return [{ name: setting }];
    const user =
      child.length <= MAX_USER_CHARACTERS ? child : createHash('sha256').update(child).digest('hex');
    return [{ name: setting, asked: { user }, isMet: true }];
  });
};

/** In OpenAI's words. There is one capacity here, so that neither changes anything but at a server that has several. */
const SERVICE_TIERS: ReadonlyMap<unknown, string> = new Map([
  ['auto', 'auto'],
  ['standard_only', 'default'],
]);

const serviceTier: SettingRule = (value, name) => {
  const tier = SERVICE_TIERS.get(value);
  return tier === undefined ? { name } : { name, asked: { service_tier: tier }, isMet: true };
};

const speed: SettingRule = (value, name) => (value === 'standard' ? undefined : { name });

/** Effort and format are fields of the turn. */
const outputConfig: SettingRule = (value, name) =>
  isJsonObject(value)
    ? Object.keys(value).flatMap((key) =>
        key === 'effort' || key === 'format' || value[key] == null ? [] : [{ name: `${name}.${key}` }],
      )
    : undefined;

export const MESSAGE_SETTINGS = settingTable(
  Object.keys(messagesBody.shape),
  new Map([
    ['metadata', metadata],
    ['service_tier', serviceTier],
    ['speed', speed],
    ['output_config', outputConfig],
  ]),
  passedIfKnown,
);

/** What a configuration says of a model, its name alone or more, and the card that is made of it. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { CAPABILITIES, type Capability, type ModelCard, type ModelSetting } from '../core/model.js';
import { isJsonObject } from '../core/json-object.js';
import type { Explanation } from './key-facts.js';
import { findNearest } from './nearest.js';
import { shorten } from './config-error.js';
import type { WorkerCard } from './worker-card.js';
import { WORKER_TOOLS } from '../core/rights.js';
import type { WorkerProfile } from '../core/worker-profile.js';

const text = z.string().regex(/\S/);
const tokens = z.int().min(1);

const entry = z.strictObject({
  name: text,
  /** Further names for it, which are listed too. */
  alias: z.union([text.transform((one) => [one]), z.array(text)]).default([]),
  contextLength: tokens.optional(),
  capabilities: z.array(z.enum(CAPABILITIES)).optional(),
  family: text.optional(),
  parameterSize: text.optional(),
  quantizationLevel: text.optional(),
  /** What its workers may do at most, where they work, and what they are told where a client says nothing. */
  workerTools: z.enum(WORKER_TOOLS).optional(),
  cwd: z.string().refine(isAbsolute).optional(),
  defaultSystem: z.string().optional(),
});

/** One model of the configuration; what is absent is guessed from the name or left at its default. */
export type ModelEntry = z.output<typeof entry>;

/** Names and objects, mixed as the user likes; all of them become objects. */
export const modelEntries = z
  .array(z.union([text.transform((name): ModelEntry => ({ name, alias: [] })), entry]))
  .readonly();

/** What each key of an entry must be. */
const ALLOWED: Readonly<Record<keyof typeof entry.shape, string>> = {
  name: 'a text that is not empty',
  alias: 'a name, or a list of names',
  contextLength: 'a whole number of tokens, at least 1',
  capabilities: `a list of ${CAPABILITIES.join(', ')}`,
  family: 'a text that is not empty',
  parameterSize: 'a text that is not empty',
  quantizationLevel: 'a text that is not empty',
  workerTools: `one of ${WORKER_TOOLS.join(', ')}`,
  cwd: 'an absolute path',
  defaultSystem: 'a text',
};

/** Finds the first entry of `models` that is wrong, and what is wrong about it. */
export function explainModels(value: unknown): Explanation | undefined {
  if (!Array.isArray(value)) return undefined;
  const index = value.findIndex((one) => !modelEntries.safeParse([one]).success);
  if (index === -1) return undefined;
  const one: unknown = value[index];
  if (!isJsonObject(one))
    return {
      path: [index],
      label: `[${index}]`,
      complaint: `is ${shorten(one)} but must be a name, or an object with a name`,
    };
  const { name } = one;
  const whose = typeof name === 'string' ? ` of ${shorten(name)}` : '';
  const issue = entry.safeParse(one).error?.issues[0];
  if (issue === undefined) return undefined;
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const nearest = findNearest(key, Object.keys(ALLOWED));
    const proposal = nearest === undefined ? '' : `did you mean ${JSON.stringify(nearest)}? `;
    return {
      path: [index, key],
      label: `[${index}]${whose}`,
      complaint: `has the unknown key ${shorten(key)}: ${proposal}There are ${Object.keys(ALLOWED).join(', ')}`,
      isKey: true,
    };
  }
  const [key = ''] = issue.path;
  const allowed = Object.entries(ALLOWED).find(([known]) => known === key)?.[1] ?? '';
  const path = [index, ...issue.path];
  if (!Object.hasOwn(one, key))
    return {
      path: [index],
      label: `[${index}]`,
      complaint: `has no ${String(key)}, which must be ${allowed}`,
    };
  const inner = issue.path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('');
  const wrong = issue.path.reduce<unknown>((within, step) => Object(within)[step], one);
  const label = `[${index}]${inner}${key === 'name' ? '' : whose}`;
  const isWord = issue.path.length > 1 && key === 'capabilities';
  const must = isWord ? `one of ${CAPABILITIES.join(', ')}` : allowed;
  return { path, label, complaint: `is ${shorten(wrong)} but must be ${must}` };
}

/** hum does not say what a model can do; a bridge that denies what works hides the model from agents. */
const ASSUMED_CAPABILITIES: readonly Capability[] = ['completion', 'tools', 'vision', 'thinking'];
/** For facts about a model's weights, which hum does not know; clients refuse empty strings. */
const UNKNOWN = 'unknown';

/**
 * The card of the model `id`, from its entry in the configuration, from what its workers say of it and, for the rest, defaults.
 * `contextLength` is the hive's own default, in tokens.
 */
export function toModelCard(
  id: string,
  entry: ModelEntry | undefined,
  contextLength: number,
  told: WorkerCard = {},
): ModelCard {
  return {
    contextLength: entry?.contextLength ?? told.contextLength ?? contextLength,
    capabilities: entry?.capabilities ?? told.capabilities ?? ASSUMED_CAPABILITIES,
    ...(entry?.capabilities === undefined && told.untold !== undefined ? { untold: told.untold } : {}),
    ...(entry?.capabilities?.includes('thinking') ? { isThinker: true } : {}),
    family: entry?.family ?? familyOf(id),
    parameterSize: entry?.parameterSize ?? UNKNOWN,
    quantizationLevel: entry?.quantizationLevel ?? UNKNOWN,
  };
}

/** `card` as the workers of its model have it: what is only assumed gives way to what they say, what is configured does not. */
export function fitCard(card: ModelCard, profile: WorkerProfile | undefined): ModelCard {
  const isAssumed = card.capabilities === ASSUMED_CAPABILITIES;
  if (!isAssumed || profile === undefined || profile.accepts.has('images')) return card;
  return { ...card, capabilities: ASSUMED_CAPABILITIES.filter((capability) => capability !== 'vision') };
}

/** What its entry says besides its card; undefined where that is nothing. */
export function toModelSetting(entry: ModelEntry | undefined): ModelSetting | undefined {
  const { workerTools, cwd, defaultSystem } = entry ?? {};
  if (workerTools === undefined && cwd === undefined && defaultSystem === undefined) return undefined;
  return { workerTools, cwd, defaultSystem };
}

/** The name up to its first dash, digit or tag: `claude-sonnet-4` is a `claude`. */
function familyOf(id: string): string {
  const name = id.slice(id.lastIndexOf('/') + 1);
  return /^[^-\d:]+/.exec(name)?.[0] ?? UNKNOWN;
}

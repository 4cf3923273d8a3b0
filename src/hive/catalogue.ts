/** The models that clients may name. */
import type { Model } from '../core/model.js';
import { fitCard, type ModelEntry, toModelCard, toModelSetting } from './model-entry.js';
import { type Roster, workersOf } from './parse-roster.js';
import { commonProfile } from './worker-profile.js';

/** Names that work without being listed, each for the first model whose name contains it. */
const SHORT_NAMES: readonly string[] = ['sonnet', 'haiku', 'opus'];

export interface ModelSources {
  /** From the configuration, in its order. */
  readonly configured: readonly ModelEntry[];
  /** Undefined if it cannot be read. */
  readonly roster: Roster | undefined;
  /** How many tokens a model can read where its entry does not say it. */
  readonly contextLength: number;
}

/**
 * The configured models, then those that only workers advertise (sorted), then the configured aliases, then the short
 * names. The first one keeps a name that several have.
 */
export function listModels({ configured, roster, contextLength }: ModelSources): readonly Model[] {
  const live = new Set(roster?.workers.flatMap((worker) => worker.models));
  const entries = new Map<string, ModelEntry>();
  for (const entry of configured) if (!entries.has(entry.name)) entries.set(entry.name, entry);
  const names = [...new Set([...entries.keys(), ...[...live].sort()])];
  const models = new Map<string, Model>();
  const add = (id: string, target: string, listed: boolean) => {
    const card = toModelCard(target, entries.get(target), contextLength);
    const workers = roster === undefined ? [] : workersOf(roster, target);
    const profile = workers.length > 0 ? { profile: commonProfile(workers) } : {};
    const setting = toModelSetting(entries.get(target));
    const said = setting === undefined ? {} : { setting };
    if (!models.has(id)) models.set(id, { id, target, listed, card, ...profile, ...said });
  };
  for (const name of names) add(name, name, true);
  for (const entry of entries.values()) for (const alias of entry.alias) add(alias, entry.name, true);
  const candidates = [...names.filter((name) => live.has(name)), ...names];
  for (const short of SHORT_NAMES) {
    const target = candidates.find((name) => name.toLowerCase().includes(short));
    if (target !== undefined) add(short, target, false);
  }
  return [...models.values()].map((model) => ({ ...model, card: fitCard(model.card, model.profile) }));
}

/** `listModels` for settings that are read at each use: the list is made anew only for another roster or other settings. */
export function createModelList(
  settings: Omit<ModelSources, 'roster'>,
): (roster: Roster | undefined) => readonly Model[] {
  let listed: (ModelSources & { readonly models: readonly Model[] }) | undefined;
  return (roster) => {
    const { configured, contextLength } = settings;
    if (
      listed === undefined ||
      listed.roster !== roster ||
      listed.configured !== configured ||
      listed.contextLength !== contextLength
    ) {
      const sources = { configured, contextLength, roster };
      listed = { ...sources, models: listModels(sources) };
    }
    return listed.models;
  };
}

/** The models that clients may name. */
import { FAMILIES, findNewest, findSpelling } from '../core/find-model.js';
import { isUnserved, type Model } from '../core/model.js';
import { fitCard, type ModelEntry, toModelCard, toModelSetting } from './model-entry.js';
import type { Roster, ServedModel } from './parse-roster.js';
import { commonCard, type WorkerCard } from './worker-card.js';
import { commonProfile } from './worker-kinds.js';

/** What hum's `claude-cli` worker lists unless it is told otherwise (src/thrum/README.md, "The claude-cli worker"). */
export const HUM_MODELS: readonly string[] = [
  'claude-opus-4-7',
  'claude-sonnet-4-6',
  'claude-haiku-4-5',
  'claude-sonnet-4-5',
  'claude-haiku-4-5-20251001',
];

export interface ModelSources {
  readonly configured: readonly ModelEntry[];
  /** How many tokens a model can read where its entry does not say it. */
  readonly contextLength: number;
  /** The mesh's tool that makes embeddings: it serves the configured models that can do nothing else. */
  readonly embedTool: string;
  /** Undefined if it cannot be read. */
  readonly roster: Roster | undefined;
  /** Names that workers have served before, or are likely to serve. */
  readonly known: readonly string[];
}

/**
 * First the models that are served: the configured ones, then those that only workers advertise (sorted), then the configured
 * aliases of these. After them the configured ones that no worker serves, with their aliases. At the end, not listed: the short names, models that
 * only workers list which never answer, and what is known but neither configured nor served.
 *
 * A configured name that no worker serves as it is stands for another spelling of it that is served. The first one keeps a name that
 * several have.
 */
export function listModels(sources: ModelSources): readonly Model[] {
  const { roster } = sources;
  const entries = new Map(sources.configured.toReversed().map((entry) => [entry.name, entry]));
  const served: Roster['served'] = roster?.served ?? new Map();
  const toModel = (name: string, entry: ModelEntry | undefined): Model => {
    const setting = toModelSetting(entry);
    const model = {
      id: name,
      target: name,
      listed: true,
      card: toModelCard(name, entry, sources.contextLength, workersCard(name, served.get(name))),
      ...(setting === undefined ? {} : { setting }),
    };
    return { ...model, ...serviceOf(served.get(name), entry, sources) };
  };
  const configured = unique(sources.configured.map(({ name }) => toModel(name, entries.get(name))));
  const toOther = (name: string) => toModel(name, entries.get(findSpelling(configured, name)?.id ?? ''));
  const advertised = [...served.keys()].filter((name) => !entries.has(name));
  const plain = [...configured, ...advertised.sort().map(toOther)];
  const live = plain.filter(({ service }) => service === 'live');

  const named = plain.map((model) => {
    const spelling = isUnserved(model) ? findSpelling(live, model.id) : undefined;
    if (spelling === undefined) return model;
    const { profile, service, target } = spelling;
    return { ...model, target, ...(profile && { profile }), ...(service && { service }) };
  });
  const aliases = named.flatMap((model) => {
    const { alias = [] } = entries.get(model.id) ?? {};
    return alias.filter((id) => !entries.has(id)).map((id) => ({ ...model, id }));
  });
  const gone = sources.known.filter((name) => !entries.has(name) && !served.has(name));
  const unserved = roster === undefined ? [] : gone.filter((name) => !findSpelling(live, name)).map(toOther);
  const shortNames = FAMILIES.flatMap((id) => {
    const model = findNewest(live, id) ?? findNewest([...named, ...unserved], id);
    return model === undefined ? [] : [{ ...model, id }];
  });
  const all = [...named, ...aliases];
  return unique([
    ...all.filter((model) => !isUnserved(model)),
    ...all.filter(({ service }) => service === 'none'),
    ...[...shortNames, ...all.filter(({ service }) => service === 'stub'), ...unserved].map(toUnlisted),
  ]).map((model) => ({ ...model, card: fitCard(model.card, model.profile) }));
}

function workersCard(name: string, served: ServedModel | undefined): WorkerCard | undefined {
  return served && commonCard(served.workers.map(({ cards }) => cards?.get(name)));
}

function serviceOf(
  served: ServedModel | undefined,
  entry: ModelEntry | undefined,
  { roster, embedTool }: ModelSources,
): Pick<Model, 'service' | 'profile'> {
  if (roster === undefined) return {};
  if (served !== undefined) {
    const profile = commonProfile(served.workers);
    return { profile, service: profile.isStub ? 'stub' : 'live' };
  }
  // It is configured to make embeddings and nothing else, and a bee makes them.
  const isForTool = entry?.capabilities?.includes('embedding') && !entry.capabilities.includes('completion');
  const isServed = isForTool && roster.tools.some(({ name }) => name === embedTool);
  return { service: isServed ? 'live' : 'none' };
}

function toUnlisted(model: Model): Model {
  return { ...model, listed: false };
}

/** The first one of each id. */
function unique(models: readonly Model[]): readonly Model[] {
  const byId = new Map<string, Model>();
  for (const model of models) if (!byId.has(model.id)) byId.set(model.id, model);
  return [...byId.values()];
}

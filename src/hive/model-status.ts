/** Where each model's name comes from, and who serves it now. */
import { FAMILIES } from '../core/find-model.js';
import type { Model } from '../core/model.js';
import type { ModelSource, ModelStatus, WorkerStatus } from '../observe/status.js';
import type { ModelEntry } from './model-entry.js';
import type { Roster, Worker } from './parse-roster.js';

/**
 * @param models as `listModels` gives them
 * @param configured of the same hive
 * @param roster undefined if it cannot be read
 */
export function toModelStatus(
  models: readonly Model[],
  configured: readonly ModelEntry[],
  roster: Roster | undefined,
): readonly ModelStatus[] {
  const names = new Set(configured.map(({ name }) => name));
  return models
    .filter((model) => isShown(model, names))
    .map((model) => ({
      id: model.id,
      target: model.target,
      listed: model.listed,
      source: sourceOf(model, names),
      workers: roster === undefined ? null : toWorkers(roster.served.get(model.target)?.workers ?? []),
      service: model.service ?? null,
    }));
}

/** Sorted by name: humd lists bees in no order that means anything. */
function toWorkers(workers: readonly Worker[]): readonly WorkerStatus[] {
  return workers
    .map(({ name, statefulness }) => ({ name, statefulness: statefulness ?? null }))
    .sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)));
}

/** Not those that are only known from former times, or from what hum's workers usually serve. */
function isShown({ target, listed, service }: Model, configured: ReadonlySet<string>): boolean {
  return listed || service !== 'none' || configured.has(target);
}

function sourceOf({ id, target }: Model, configured: ReadonlySet<string>): ModelSource {
  if (configured.has(id)) return 'config';
  if (id === target) return 'mesh';
  return FAMILIES.some((family) => family === id) ? 'short' : 'alias';
}

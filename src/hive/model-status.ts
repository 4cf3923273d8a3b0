/** Where each model's name comes from, and who serves it now. */
import type { Model } from '../core/model.js';
import type { ModelSource, ModelStatus } from '../observe/status.js';
import type { ModelEntry } from './model-entry.js';
import { type Roster, workersOf } from './parse-roster.js';

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
  return models.map((model) => ({
    id: model.id,
    target: model.target,
    listed: model.listed,
    source: sourceOf(model, names),
    workers:
      roster === undefined
        ? null
        : workersOf(roster, model.target).map(({ name, statefulness }) => ({
            name,
            statefulness: statefulness ?? null,
          })),
  }));
}

function sourceOf({ id, target, listed }: Model, configured: ReadonlySet<string>): ModelSource {
  if (!listed) return 'short';
  if (id !== target) return 'alias';
  return configured.has(id) ? 'config' : 'mesh';
}

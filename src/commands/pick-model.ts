/** Picks the model to ask where none was named. */
import { findModel, type Model } from '../core/model.js';
import { type Roster, workersOf } from '../hive/parse-roster.js';

/**
 * The id of the model to ask: the one that was `asked` for, else the first that a worker serves; undefined if there is
 * none. Without a roster that is the first one of all, as humd decides.
 */
export function pickModel(
  models: readonly Model[],
  roster: Roster | undefined,
  asked: string | undefined,
): string | undefined {
  if (asked !== undefined) return findModel(models, asked)?.id ?? asked;
  if (roster === undefined) return models[0]?.id;
  return models.find(({ target }) => workersOf(roster, target).length > 0)?.id;
}

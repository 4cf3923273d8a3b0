/** Picks the model to ask where none was named. */
import type { Model } from '../core/model.js';

/** The id of the first model that a worker serves; without a roster, of the first one. Undefined if there is none. */
export function pickModel(models: readonly Model[]): string | undefined {
  return models.find(({ service }) => service === undefined || service === 'live')?.id;
}

/** Chooses the model of a chat. */
import { Fault } from '../../core/fault.js';
import { findNearest } from '../../hive/nearest.js';
import { pickModel } from '../pick-model.js';
import type { OpenChat } from './open-chat.js';

/**
 * The name of the model that was asked for, or of the first one that a worker serves. Rejects with `model-not-found`, and what
 * may have been meant; without a roster humd decides.
 */
export async function chooseModel(asked: string | undefined, { nest, catalogue }: OpenChat): Promise<string> {
  const isKnown = await catalogue.refresh();
  const models = nest.models();
  if (asked !== undefined) {
    const found = nest.findModel(asked);
    // It is known, and each turn says that no worker serves it, as long as that is so.
    if (found instanceof Fault) return asked;
    if (found !== undefined) return found.id;
    if (!isKnown) return asked;
    const nearest = findNearest(
      asked,
      models.map(({ id }) => id),
    );
    const proposal = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    throw new Fault('model-not-found', `there is no model ${JSON.stringify(asked)}${proposal}`);
  }
  const picked = pickModel(models);
  if (picked === undefined)
    throw new Fault('model-not-found', 'no worker is on the mesh, so nobody can answer');
  return picked;
}

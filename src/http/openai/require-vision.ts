/** Refuses images for a model whose card says that it cannot see. */
import { Fault } from '../../core/fault.js';
import { findModel, type Model } from '../../core/model.js';
import type { TurnRequest } from '../../core/request.js';

/**
 * Throws `bad-request`. A model that is not known is let through: the conversation says so in its own words.
 * @param param the field that holds the images
 */
export function requireVision(
  models: readonly Model[],
  { model, messages }: TurnRequest,
  param = 'messages',
): void {
  if (!messages.some(({ content }) => content.some((part) => part.type === 'image'))) return;
  const card = findModel(models, model)?.card;
  if (card === undefined || card.capabilities.includes('vision')) return;
  throw new Fault('bad-request', `The model '${model}' does not support images.`, {
    param,
    reason: 'unsupported_value',
  });
}

/** What is known of the model that a request names, for routes that need more than to pass the name on. */
import { Fault } from '../../core/fault.js';
import { findModel, type Model } from '../../core/model.js';
import type { Conversation } from '../../core/port.js';

/**
 * Throws `model-not-found` where it is certain that nobody serves the model. Undefined while the link to humd is down:
 * nobody knows, and what is asked for next will say that.
 */
export function knownModel(conversation: Conversation, asked: string): Model | undefined {
  const model = findModel(conversation.models(), asked);
  if (model !== undefined || conversation.link() === 'down') return model;
  throw new Fault('model-not-found', `model '${asked}' not found`, { param: asked });
}

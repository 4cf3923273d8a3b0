/** Finds the model that is to make embeddings. */
import { Fault } from '../../core/fault.js';
import type { Model } from '../../core/model.js';
import type { OllamaContext } from './context.js';
import { requireModel } from './find-by-name.js';

/** Throws `model-not-found` in the words of the embedding routes. */
export function requireEmbeddingModel({ conversation }: OllamaContext, name: string): Model {
  if (name === '') throw new Fault('model-not-found', "model '' not found");
  const notFound = `model ${JSON.stringify(name)} not found, try pulling it first`;
  return requireModel(conversation, name, { notFound });
}

/** Finds the model that is to make embeddings. */
import { Fault } from '../../core/fault.js';
import type { TurnSignal } from '../../core/abort.js';
import type { Model } from '../../core/model.js';
import type { OllamaContext } from './context.js';
import { requireResolved, respell } from './find-by-name.js';

/** Rejects with `model-not-found` in the words of the embedding routes. */
export async function requireEmbeddingModel(
  { mesh }: OllamaContext,
  name: string,
  gone: TurnSignal,
): Promise<Model> {
  if (name === '') throw new Fault('model-not-found', "model '' not found");
  const notFound = `model ${JSON.stringify(name)} not found, try pulling it first`;
  return requireResolved(mesh, name, await mesh.resolveModel(name, gone, respell), { notFound });
}

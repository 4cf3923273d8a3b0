/** Models for tests that care only for their names. */
import type { Model, ModelCard } from '../src/core/model.js';

export const card: ModelCard = {
  contextLength: 200_000,
  capabilities: ['completion', 'tools', 'vision', 'thinking'],
  family: 'test',
  parameterSize: 'unknown',
  quantizationLevel: 'unknown',
};

/** A listed model that is its own target, unless `fields` say otherwise. */
export function modelOf(id: string, fields: Partial<Model> = {}): Model {
  return { id, target: id, listed: true, card, ...fields };
}

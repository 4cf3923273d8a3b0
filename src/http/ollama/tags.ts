/** `/api/tags`: the models that can be asked for (spec/ollama.md §4.1). */
import { createHash } from 'node:crypto';
import type { Model } from '../../conversation/model.js';
import type { WireAnswer } from '../surface.js';
import { jsonAnswer } from './json-answer.js';
import { withTag } from './tagged-name.js';

/** hum does not say how large a model is, and clients want a positive number of bytes. */
const SIZE_BYTES = 1;

/** @param modifiedAt RFC 3339; the same in every answer of one process */
export function tagsAnswer(models: readonly Model[], modifiedAt: string): WireAnswer {
  const listed = models.filter((model) => model.listed);
  return jsonAnswer({ models: listed.map((model) => toTag(model, modifiedAt)) });
}

function toTag({ id, card }: Model, modifiedAt: string) {
  // Some clients look a model up under `name:latest` only (spec/clients.md C 28).
  const name = withTag(id);
  return {
    name,
    model: name,
    modified_at: modifiedAt,
    size: SIZE_BYTES,
    // Nothing here has a content to hash; clients only need 64 hex digits that stay the same.
    digest: createHash('sha256').update(id).digest('hex'),
    details: {
      parent_model: '',
      format: 'gguf',
      family: card.family,
      families: [card.family],
      parameter_size: card.parameterSize,
      quantization_level: card.quantizationLevel,
      context_length: card.contextLength,
    },
    capabilities: card.capabilities,
  };
}

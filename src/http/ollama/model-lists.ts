/** The lists of models, `/api/tags` and `/api/ps`, and the facts of a model that cards have too. */
import { createHash } from 'node:crypto';
import { isUnserved, type Model, type ModelCard } from '../../core/model.js';
import { toTimestamp } from '../../core/timestamp.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { withTag } from './model-name.js';
import { jsonAnswer, type OllamaContext } from './route.js';

/** hum does not say how large a model is, and clients want a positive number of bytes. */
export const SIZE_BYTES = 1;

/**
 * `/api/tags`: the models that can be asked for (src/http/ollama/README.md, "Tags"). Those that no worker serves now stand last, with
 * a field that Ollama does not have: `"active":false`.
 * @param modifiedAt RFC 3339; the same in every answer of one process
 */
export function tagsAnswer(models: readonly Model[], modifiedAt: string): WireAnswer {
  const listed = models.filter((model) => model.listed);
  return jsonAnswer({ models: listed.map((model) => toTag(model, modifiedAt)) });
}

function toTag(model: Model, modifiedAt: string) {
  const { id, card } = model;
  // Some clients look a model up under `name:latest` only (src/http/README.md, "Models").
  const name = withTag(id);
  return {
    name,
    model: name,
    modified_at: modifiedAt,
    size: SIZE_BYTES,
    digest: digestOf(id),
    details: { ...detailsOf(card), context_length: card.contextLength },
    capabilities: card.capabilities,
    ...(isUnserved(model) ? { active: false } : {}),
  };
}

/**
 * `GET /api/ps`: the models that count as loaded (src/http/ollama/README.md, "Ps"). A model that has gone from hum meanwhile
 * is left out.
 */
export function psAnswer({ mesh, loaded }: OllamaContext): WireAnswer {
  const there = mesh.models().filter((model) => !isUnserved(model));
  const cards = new Map(there.map(({ id, card }) => [id, card]));
  const models = loaded.list().flatMap(({ id, expiresAt }) => {
    const card = cards.get(id);
    if (card === undefined) return [];
    const name = withTag(id);
    return [
      {
        name,
        model: name,
        size: SIZE_BYTES,
        digest: digestOf(id),
        details: detailsOf(card),
        expires_at: toTimestamp(expiresAt),
        size_vram: SIZE_BYTES,
        context_length: card.contextLength,
      },
    ];
  });
  return jsonAnswer({ models });
}

/** 64 hex digits. Nothing here has a content to hash; clients only need that they stay the same. */
export function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

export function detailsOf({ family, parameterSize, quantizationLevel }: ModelCard) {
  return {
    parent_model: '',
    format: 'gguf',
    family,
    families: [family],
    parameter_size: parameterSize,
    quantization_level: quantizationLevel,
  };
}

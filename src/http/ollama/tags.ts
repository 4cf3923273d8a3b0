/** `/api/tags`: the models that can be asked for (src/http/ollama/README.md, "Tags"). */
import type { Model } from '../../core/model.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { jsonAnswer } from './json-answer.js';
import { detailsOf, digestOf, SIZE_BYTES } from './model-facts.js';
import { withTag } from './tagged-name.js';

/** @param modifiedAt RFC 3339; the same in every answer of one process */
export function tagsAnswer(models: readonly Model[], modifiedAt: string): WireAnswer {
  const listed = models.filter((model) => model.listed);
  return jsonAnswer({ models: listed.map((model) => toTag(model, modifiedAt)) });
}

function toTag({ id, card }: Model, modifiedAt: string) {
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
  };
}

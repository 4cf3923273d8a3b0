/** `GET /api/ps`: the models that count as loaded (src/http/ollama/README.md, "Ps"). */
import { toTimestamp } from '../../core/timestamp.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import type { OllamaContext } from './context.js';
import { jsonAnswer } from './json-answer.js';
import { detailsOf, digestOf, SIZE_BYTES } from './model-facts.js';
import { withTag } from './tagged-name.js';

/** A model that has gone from hum meanwhile is left out. */
export function psAnswer({ conversation, loaded }: OllamaContext): WireAnswer {
  const cards = new Map(conversation.models().map(({ id, card }) => [id, card]));
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

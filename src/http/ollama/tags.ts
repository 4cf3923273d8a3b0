/** `/api/tags`: the models that can be asked for (spec/ollama.md §4.1). */
import { createHash } from 'node:crypto';
import type { Model } from '../../conversation/model.js';
import type { WireAnswer } from '../surface.js';
import { jsonAnswer } from './json-answer.js';
import { withTag } from './tagged-name.js';

/** hum does not say how large a model is, and clients want a positive number of bytes. */
const SIZE_BYTES = 1;
/** For facts about a model's weights, which hum does not know; clients refuse empty strings. */
const UNKNOWN = 'unknown';
const CAPABILITIES = ['completion', 'tools', 'vision', 'thinking'];

/** @param modifiedAt RFC 3339; the same in every answer of one process */
export function tagsAnswer(models: readonly Model[], modifiedAt: string): WireAnswer {
  const listed = models.filter((model) => model.listed);
  return jsonAnswer({ models: listed.map((model) => toTag(model.id, modifiedAt)) });
}

function toTag(id: string, modifiedAt: string) {
  // Some clients look a model up under `name:latest` only (spec/clients.md C 28).
  const name = withTag(id);
  const family = familyOf(id);
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
      family,
      families: [family],
      parameter_size: UNKNOWN,
      quantization_level: UNKNOWN,
    },
    capabilities: CAPABILITIES,
  };
}

/** The name up to its first dash, digit or tag: `claude-sonnet-4` is a `claude`. */
function familyOf(id: string): string {
  const name = id.slice(id.lastIndexOf('/') + 1);
  return /^[^-\d:]+/.exec(name)?.[0] ?? UNKNOWN;
}

/** What lists and cards say of a model in the same words (src/http/ollama/README.md, "Tags"). */
import { createHash } from 'node:crypto';
import type { ModelCard } from '../../core/model.js';

/** hum does not say how large a model is, and clients want a positive number of bytes. */
export const SIZE_BYTES = 1;

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

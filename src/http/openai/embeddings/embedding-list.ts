/** Embeddings as OpenAI lists them (src/http/openai/README.md, "Embeddings"). */
import type { Embedded } from '../../embed.js';
import { toBase64Floats } from './base64-floats.js';

/** @param model its name as the client wrote it */
export function toEmbeddingList(
  { vectors, promptTokens }: Embedded,
  model: string,
  encoding: 'float' | 'base64',
) {
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? toBase64Floats(vector) : vector,
    })),
    model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  };
}

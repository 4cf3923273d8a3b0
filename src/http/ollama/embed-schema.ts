/** What the bodies of the embedding routes must look like. */
import { z } from 'zod';
import { goTypes } from './go-types.js';

const embed = goTypes('EmbedRequest');
/** `input` and `keep_alive` have types of their own, checked where they are read. */
export const embedBody = embed.body({
  model: embed.string(),
  input: z.unknown().optional(),
  truncate: embed.bool(),
  dimensions: embed.int(),
  keep_alive: z.unknown().optional(),
  options: embed.map(),
});

const embeddings = goTypes('EmbeddingRequest');
export const embeddingsBody = embeddings.body({
  model: embeddings.string(),
  prompt: embeddings.string(),
  keep_alive: z.unknown().optional(),
  options: embeddings.map(),
});

export type EmbedBody = z.output<typeof embedBody>;
export type EmbeddingsBody = z.output<typeof embeddingsBody>;

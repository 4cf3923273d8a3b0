/** What the bodies of the embedding routes must look like. */
import { z } from 'zod';
import { goTypes } from './go-types.js';
import { keepAlive, OPTIONS } from './own-types.js';

const embed = goTypes('EmbedRequest');
/** `input` and `keep_alive` have types of their own, checked where they are read. */
export const embedBody = embed.body({
  model: embed.string(),
  input: z
    .unknown()
    .optional()
    .meta({ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, { type: 'null' }] }),
  truncate: embed.bool(),
  dimensions: embed.int(),
  keep_alive: keepAlive,
  options: embed.map().meta(OPTIONS),
});

const embeddings = goTypes('EmbeddingRequest');
export const embeddingsBody = embeddings.body({
  model: embeddings.string(),
  prompt: embeddings.string(),
  keep_alive: keepAlive,
  options: embeddings.map().meta(OPTIONS),
});

export type EmbedBody = z.output<typeof embedBody>;
export type EmbeddingsBody = z.output<typeof embeddingsBody>;

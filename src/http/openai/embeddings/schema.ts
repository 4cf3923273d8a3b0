/** What the body of a request for embeddings must look like: unknown keys are ignored, and null is the same as absent. */
import { z } from 'zod';
import { integer, modelField, textInput } from '../body-fields.js';

/** OpenAI's own limit. */
const MAX_INPUTS = 2048;

export const embeddingsBody = z.object({
  model: modelField,
  /** `''` is an input like any other. */
  input: textInput('input', MAX_INPUTS),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: integer({ min: 1 }).nullish(),
});

export type EmbeddingsBody = z.output<typeof embeddingsBody>;

/** From the bytes of a request for embeddings to its body. In it unknown keys are ignored, and null is the same as absent. */
import { z } from 'zod';
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import { integer, modelField, textInput } from '../body-fields.js';
import { parseBody } from '../validate.js';

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

/** Throws `bad-request`. Pure. */
export function readEmbeddings(input: BodyInput): EmbeddingsBody {
  return parseBody(embeddingsBody, input);
}

export const READ_EMBEDDINGS = defineTask(import.meta.url, 'readEmbeddings', readEmbeddings);

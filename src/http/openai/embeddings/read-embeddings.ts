/** From the bytes of a request for embeddings to its body. */
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import { parseBody } from '../validate.js';
import { type EmbeddingsBody, embeddingsBody } from './schema.js';

/** Throws `bad-request`. Pure. */
export function readEmbeddings(input: BodyInput): EmbeddingsBody {
  return parseBody(embeddingsBody, input);
}

export const READ_EMBEDDINGS = defineTask(import.meta.url, 'readEmbeddings', readEmbeddings);

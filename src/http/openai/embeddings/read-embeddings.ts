/** From the bytes of a request for embeddings to its body. */
import { defineTask } from '../../../threads/task.js';
import { asBuffer } from '../../body/as-buffer.js';
import type { BodyInput } from '../../body/read-request.js';
import { parseBody } from '../parse-body.js';
import { validate } from '../validate.js';
import { type EmbeddingsBody, embeddingsBody } from './schema.js';

/** Throws `bad-request`. Pure. */
export function readEmbeddings({ bytes }: BodyInput): EmbeddingsBody {
  return validate(embeddingsBody, parseBody(asBuffer(bytes)));
}

export const READ_EMBEDDINGS = defineTask(import.meta.url, 'readEmbeddings', readEmbeddings);

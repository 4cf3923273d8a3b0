/** From the bytes of a request to the body of its route, for every route that takes one. */
import type { z } from 'zod';
import { defineTask } from '../../threads/task.js';
import { asBuffer } from '../body/as-buffer.js';
import type { BodyInput } from '../body/read-request.js';
import { embedBody, embeddingsBody } from './embed-schema.js';
import { decodeGoJson } from './go-json.js';
import { copyBody, createBody, deleteBody, pullBody, pushBody, showBody } from './management-schema.js';
import { parseBody } from './parse-body.js';
import { chatBody, generateBody } from './schema.js';

/** Throws `bad-request` in Go's words. Pure. */
function readerOf<Schema extends z.ZodType>(schema: Schema) {
  return ({ bytes }: BodyInput): z.output<Schema> => parseBody(schema, decodeGoJson(asBuffer(bytes)));
}

export const readChat = readerOf(chatBody);
export const readGenerate = readerOf(generateBody);
export const readEmbed = readerOf(embedBody);
export const readEmbeddings = readerOf(embeddingsBody);
export const readShow = readerOf(showBody);
export const readPull = readerOf(pullBody);
export const readPush = readerOf(pushBody);
export const readCreate = readerOf(createBody);
export const readCopy = readerOf(copyBody);
export const readDelete = readerOf(deleteBody);

export const READERS = {
  chat: defineTask(import.meta.url, 'readChat', readChat),
  generate: defineTask(import.meta.url, 'readGenerate', readGenerate),
  embed: defineTask(import.meta.url, 'readEmbed', readEmbed),
  embeddings: defineTask(import.meta.url, 'readEmbeddings', readEmbeddings),
  show: defineTask(import.meta.url, 'readShow', readShow),
  pull: defineTask(import.meta.url, 'readPull', readPull),
  push: defineTask(import.meta.url, 'readPush', readPush),
  create: defineTask(import.meta.url, 'readCreate', readCreate),
  copy: defineTask(import.meta.url, 'readCopy', readCopy),
  delete: defineTask(import.meta.url, 'readDelete', readDelete),
};

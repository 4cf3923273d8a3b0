/** From a request's body to what its route takes, for every route that takes one. */
import type { z } from 'zod';
import { Fault } from '../../core/fault.js';
import { defineTask } from '../../threads/task.js';
import { type BodyInput, textOf } from '../body/decode-body.js';
import { STOP_AT_FIRST } from '../body/first-issue.js';
import { embedBody, embeddingsBody } from './embed-schema.js';
import { decodeGoJson } from './go-json.js';
import { copyBody, createBody, deleteBody, pullBody, pushBody, showBody } from './management-schema.js';
import { chatBody, generateBody } from './schema.js';

/** Throws `bad-request` in Go's words. Pure. */
function readerOf<Schema extends z.ZodType>(schema: Schema) {
  return (input: BodyInput): z.output<Schema> => parseBody(schema, decodeGoJson(textOf(input)));
}

/** `value` (parsed JSON) as a body. Throws `bad-request` with Go's text for the first thing that is wrong. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, STOP_AT_FIRST);
  if (result.success) return result.data;
  throw new Fault('bad-request', result.error.issues[0]?.message ?? 'the body is not what this route takes');
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

/** From a request's body to what its route takes, for every route that takes one. */
import type { z } from 'zod';
import type { EncodedHistory } from '../../core/encoded-history.js';
import { Fault } from '../../core/fault.js';
import { hasOnly, isJsonObject } from '../../core/json-object.js';
import type { FurtherSetting } from '../../core/request.js';
import { defineTask } from '../../threads/task.js';
import type { BodyInput } from '../body/decode-body.js';
import { encodeLarge } from '../body/encode-large.js';
import { STOP_AT_FIRST, textOf } from '../body/parse-json-object.js';
import {
  type ChatBody,
  chatBody,
  copyBody,
  createBody,
  deleteBody,
  embedBody,
  embeddingsBody,
  type GenerateBody,
  generateBody,
  pullBody,
  pushBody,
  showBody,
} from './schema.js';
import { furtherSettings, type SettingTable } from '../further-settings.js';
import { CHAT_SETTINGS, GENERATE_SETTINGS } from './further-settings.js';
import { decodeGoJson } from './go-json.js';
import { chatHistory, generateMessages } from './to-turn-request.js';

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

/** A body, and its conversation encoded where that is large and a thread has read it. */
export type WithEncoded<Body> = Body & {
  readonly encoded?: EncodedHistory | undefined;
  readonly furtherSettings?: readonly FurtherSetting[] | undefined;
};

/** Which images are too large is found where the model is known: the checks stand in Ollama's order. */
const ALL_IMAGES = { maxImageBytes: Number.POSITIVE_INFINITY };

function withFurther<Body extends ChatBody | GenerateBody>(
  body: Body,
  raw: unknown,
  table: SettingTable,
): WithEncoded<Body> {
  const further = isJsonObject(raw) && !hasOnly(raw, table.own) ? furtherSettings(raw, table) : undefined;
  return further === undefined ? body : { ...body, furtherSettings: further };
}

export function readChat(input: BodyInput): WithEncoded<ChatBody> {
  const value = decodeGoJson(textOf(input));
  const body = withFurther(parseBody(chatBody, value), value, CHAT_SETTINGS);
  if ('text' in input) return body;
  return { ...body, encoded: encodeLarge(input, chatHistory(body, ALL_IMAGES).messages) };
}

export function readGenerate(input: BodyInput): WithEncoded<GenerateBody> {
  const value = decodeGoJson(textOf(input));
  const body = withFurther(parseBody(generateBody, value), value, GENERATE_SETTINGS);
  if ('text' in input) return body;
  return { ...body, encoded: encodeLarge(input, generateMessages(body, ALL_IMAGES)) };
}

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

/** From a request for a response, or for its count, to the body, and to the turn that it asks for where that is large. */
import { z } from 'zod';
import { Fault } from '../../../core/fault.js';
import { hasOnly } from '../../../core/json-object.js';
import type { FurtherSetting } from '../../../core/request.js';
import { defineTask } from '../../../threads/task.js';
import { weigh } from '../../../threads/weight.js';
import type { BodyInput } from '../../body/decode-body.js';
import { parseJsonObject, textOf } from '../../body/parse-json-object.js';
import type { ImageLimits } from '../../body/request-limits.js';
import { furtherSettings } from '../../further-settings.js';
import { BODY_WORDS, parseBody, parseObject, validate } from '../validate.js';
import { conversationBody, countBody, type ResponsesBody, responsesBody } from './body-schema.js';
import { RESPONSE_SETTINGS } from './further-settings.js';
import { contextOf, missingInput, toItems } from './resolve-input.js';
import { type EncodedTurn, toEncodedTurn } from './to-turn-request.js';

export interface ReadResponse {
  readonly body: ResponsesBody;
  readonly furtherSettings: readonly FurtherSetting[] | undefined;
  /** Of a request that a thread reads and that needs nothing kept: its items need not go to a thread again. */
  readonly turn: EncodedTurn | undefined;
  /** What its input weighs (`weigh`), where a thread reads it. */
  readonly inputWeight?: number | undefined;
}

/** Throws `bad-request`. Pure. */
export function readResponse(input: BodyInput<ImageLimits>): ReadResponse {
  const raw = parseObject(input);
  return withTurn(validate(responsesBody, raw), raw, input);
}

/** @param raw all of the body, as it was parsed */
function withTurn(body: ResponsesBody, raw: object, input: BodyInput<ImageLimits>): ReadResponse {
  const items = 'chunks' in input ? contextOf(body) : undefined;
  const turn = items && toEncodedTurn({ model: body.model, body, items, limits: input.facts });
  const inputWeight = 'chunks' in input ? weigh(body.input, Number.POSITIVE_INFINITY) : undefined;
  const further = hasOnly(raw, RESPONSE_SETTINGS.own) ? undefined : furtherSettings(raw, RESPONSE_SETTINGS);
  return { body, furtherSettings: further, turn, inputWeight };
}

const message = z.looseObject({ type: z.string() });

/** Longer words are not repeated. */
const MAX_SHOWN_CHARACTERS = 64;

/**
 * The same for a message of a WebSocket, which is always answered by events. Undefined for one that asks for nothing. Throws
 * `bad-request`.
 */
export function readMessage(input: BodyInput<ImageLimits>): ReadResponse | undefined {
  const parsed = parseJsonObject(textOf(input), BODY_WORDS);
  const { type } = validate(message, parsed);
  switch (type) {
    case 'response.create':
      return withTurn({ ...validate(responsesBody, parsed), stream: true }, parsed, input);
    // Codex's word that it has seen a response to its end.
    case 'response.processed':
      return undefined;
    default: {
      const shown = type.slice(0, MAX_SHOWN_CHARACTERS).toWellFormed();
      const words = `Invalid value: '${shown}'. Supported values are: 'response.create' and 'response.processed'.`;
      throw new Fault('bad-request', words, { param: 'type', reason: 'invalid_value' });
    }
  }
}

/** The same for the route that compacts: the input ends in what asks for that. */
export function readCompact(input: BodyInput<ImageLimits>): ReadResponse {
  const raw = parseObject(input);
  const body = validate(responsesBody, raw);
  if (body.input == null && !body.previous_response_id && body.conversation == null && !body.instructions)
    throw missingInput();
  if (body.background) {
    const words =
      "Unsupported parameter: 'background' is not supported here. A conversation is compacted while the request waits.";
    throw new Fault('bad-request', words, { param: 'background', reason: 'unsupported_parameter' });
  }
  const own = [...toItems(body.input), { type: 'compaction_trigger' } as const];
  return withTurn({ ...body, input: own, stream: false, store: false, generate: true }, raw, input);
}

/** The body of a conversation that is made; there need be none. */
export function readConversation(input: BodyInput): z.output<typeof conversationBody> {
  const text = textOf(input);
  return text.trim() === '' ? {} : validate(conversationBody, parseJsonObject(text, BODY_WORDS));
}

/** The same for the route that only counts. */
export function readCount(input: BodyInput): z.output<typeof countBody> {
  return parseBody(countBody, input);
}

export const READ_RESPONSE = defineTask(import.meta.url, 'readResponse', readResponse);
export const READ_MESSAGE = defineTask(import.meta.url, 'readMessage', readMessage);
export const READ_COMPACT = defineTask(import.meta.url, 'readCompact', readCompact);
export const READ_COUNT = defineTask(import.meta.url, 'readCount', readCount);
export const READ_CONVERSATION = defineTask(import.meta.url, 'readConversation', readConversation);

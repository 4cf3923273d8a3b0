/** From a request for a response, or for its count, to the body, and to the turn that it asks for where that is large. */
import type { z } from 'zod';
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import type { ImageLimits } from '../../body/request-limits.js';
import { parseBody } from '../validate.js';
import { countBody, type ResponsesBody, responsesBody } from './body-schema.js';
import { contextOf } from './resolve-input.js';
import { type EncodedTurn, toEncodedTurn } from './to-turn-request.js';

export interface ReadResponse {
  readonly body: ResponsesBody;
  /** Of a request that a thread reads and that needs nothing kept: its items need not go to a thread again. */
  readonly turn: EncodedTurn | undefined;
}

/** Throws `bad-request`. Pure. */
export function readResponse(input: BodyInput<ImageLimits>): ReadResponse {
  const body = parseBody(responsesBody, input);
  const items = 'chunks' in input ? contextOf(body) : undefined;
  const turn = items && toEncodedTurn({ model: body.model, body, items, limits: input.facts });
  return { body, turn };
}

/** The same for the route that only counts. */
export function readCount(input: BodyInput): z.output<typeof countBody> {
  return parseBody(countBody, input);
}

export const READ_RESPONSE = defineTask(import.meta.url, 'readResponse', readResponse);
export const READ_COUNT = defineTask(import.meta.url, 'readCount', readCount);

/** From the bytes of a request for a response, or for its count, to the body. */
import type { z } from 'zod';
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import { parseBody } from '../validate.js';
import { countBody, type ResponsesBody, responsesBody } from './body-schema.js';

/** Throws `bad-request`. Pure. */
export function readResponse(input: BodyInput): ResponsesBody {
  return parseBody(responsesBody, input);
}

/** The same for the route that only counts. */
export function readCount(input: BodyInput): z.output<typeof countBody> {
  return parseBody(countBody, input);
}

export const READ_RESPONSE = defineTask(import.meta.url, 'readResponse', readResponse);
export const READ_COUNT = defineTask(import.meta.url, 'readCount', readCount);

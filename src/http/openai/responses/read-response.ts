/** From the bytes of a request for a response, or for its count, to the body. */
import type { z } from 'zod';
import { defineTask } from '../../../threads/task.js';
import { asBuffer } from '../../body/as-buffer.js';
import type { BodyInput } from '../../body/read-request.js';
import { parseBody } from '../parse-body.js';
import { validate } from '../validate.js';
import { countBody, type ResponsesBody, responsesBody } from './body-schema.js';

/** Throws `bad-request`. Pure. */
export function readResponse({ bytes }: BodyInput): ResponsesBody {
  return validate(responsesBody, parseBody(asBuffer(bytes)));
}

/** The same for the route that only counts. */
export function readCount({ bytes }: BodyInput): z.output<typeof countBody> {
  return validate(countBody, parseBody(asBuffer(bytes)));
}

export const READ_RESPONSE = defineTask(import.meta.url, 'readResponse', readResponse);
export const READ_COUNT = defineTask(import.meta.url, 'readCount', readCount);

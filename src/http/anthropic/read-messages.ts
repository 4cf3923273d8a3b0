/** From the bytes of a body to the turn that it asks for. */
import type { TurnRequest } from '../../core/request.js';
import { defineTask } from '../../threads/task.js';
import { asBuffer } from '../body/as-buffer.js';
import type { ImageLimits } from '../body/image-limits.js';
import type { BodyInput } from '../body/read-request.js';
import type { RequestLimits } from '../body/request-limits.js';
import { parseBody } from './parse-body.js';
import { requireFew } from './require-few.js';
import { countTokensBody, messagesBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';
import { validate } from './validate.js';

export interface ReadMessages {
  readonly request: TurnRequest;
  readonly stream: boolean;
}

/** For `/v1/messages`. Throws `bad-request`. Pure. */
export function readMessages({ bytes, facts }: BodyInput<RequestLimits>): ReadMessages {
  const body = validate(messagesBody, parseBody(asBuffer(bytes)));
  const request = toTurnRequest(body, facts);
  requireFew(body, request.messages, facts);
  return { request, stream: body.stream === true };
}

/** For `/v1/messages/count_tokens`. Throws `bad-request`. Pure. */
export function readCountTokens({ bytes, facts }: BodyInput<ImageLimits>): TurnRequest {
  return toTurnRequest(validate(countTokensBody, parseBody(asBuffer(bytes))), facts);
}

export const READ_MESSAGES = defineTask(import.meta.url, 'readMessages', readMessages);
export const READ_COUNT_TOKENS = defineTask(import.meta.url, 'readCountTokens', readCountTokens);

/** From the bytes of a body to the turn that it asks for. */
import type { TurnRequest } from '../../core/request.js';
import { defineTask } from '../../threads/task.js';
import type { ImageLimits } from '../body/image-limits.js';
import type { BodyInput } from '../body/decode-body.js';
import type { RequestLimits } from '../body/request-limits.js';
import { requireFew } from './require-few.js';
import { countTokensBody, messagesBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';
import { parseBody } from './validate.js';

export interface ReadMessages {
  readonly request: TurnRequest;
  readonly stream: boolean;
}

/** For `/v1/messages`. Throws `bad-request`. Pure. */
export function readMessages(input: BodyInput<RequestLimits>): ReadMessages {
  const body = parseBody(messagesBody, input);
  const request = toTurnRequest(body, input.facts);
  requireFew(body, request.messages, input.facts);
  return { request, stream: body.stream === true };
}

/** For `/v1/messages/count_tokens`. Throws `bad-request`. Pure. */
export function readCountTokens(input: BodyInput<ImageLimits>): TurnRequest {
  return toTurnRequest(parseBody(countTokensBody, input), input.facts);
}

export const READ_MESSAGES = defineTask(import.meta.url, 'readMessages', readMessages);
export const READ_COUNT_TOKENS = defineTask(import.meta.url, 'readCountTokens', readCountTokens);

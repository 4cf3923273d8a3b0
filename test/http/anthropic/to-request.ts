/** From a body to the turn request that it becomes, for tests that care for one part of it. */
import type { TurnRequest } from '../../../src/core/request.js';
import { messagesBody } from '../../../src/http/anthropic/schema.js';
import { toTurnRequest } from '../../../src/http/anthropic/read-messages.js';
import { validate } from '../../../src/http/anthropic/validate.js';

export const hi = { role: 'user', content: 'hi' };
export const text = (value: string) => ({ type: 'text', text: value });

/** `body`, with what every request needs. */
export function toRequest(body: object, maxImageBytes = 1_000): TurnRequest {
  const whole = { model: 'm', max_tokens: 9, messages: [hi], ...body };
  return toTurnRequest(validate(messagesBody, whole), { maxImageBytes, imageUrls: 'pass' });
}

export function toMessages(
  ...messages: unknown[]
): Pick<TurnRequest, 'messages'> & { system: string | undefined } {
  const request = toRequest({ messages });
  return { system: request.system, messages: request.messages };
}

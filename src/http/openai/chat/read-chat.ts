/** From the bytes of a chat completion's body to the turn that it asks for. */
import type { EncodedHistory } from '../../../core/encoded-history.js';
import type { TurnRequest } from '../../../core/request.js';
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import { encodeLarge } from '../../body/encode-large.js';
import type { RequestLimits } from '../../body/request-limits.js';
import { requireFew } from '../require-few.js';
import { parseBody } from '../validate.js';
import { type ChatBody, chatBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';

/** What the body says but for the conversation itself. */
export type ChatSettings = Omit<ChatBody, 'messages'>;

export interface ReadChat {
  readonly body: ChatSettings;
  readonly request: TurnRequest;
  readonly encoded: EncodedHistory | undefined;
}

/** Throws `bad-request`. Pure. */
export function readChat(input: BodyInput<RequestLimits>): ReadChat {
  const body = parseBody(chatBody, input);
  const { messages, ...settings } = body;
  const request = toTurnRequest(body, input.facts);
  const tools = (body.tools ?? body.functions ?? []).length;
  requireFew({ messages: messages.length, tools, turns: request.messages }, input.facts);
  return { body: settings, request, encoded: encodeLarge(input, request.messages) };
}

export const READ_CHAT = defineTask(import.meta.url, 'readChat', readChat);

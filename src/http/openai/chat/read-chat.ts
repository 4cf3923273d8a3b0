/** From the bytes of a chat completion's body to the turn that it asks for. */
import type { TurnRequest } from '../../../core/request.js';
import { defineTask } from '../../../threads/task.js';
import { asBuffer } from '../../body/as-buffer.js';
import type { BodyInput } from '../../body/read-request.js';
import type { RequestLimits } from '../../body/request-limits.js';
import { parseBody } from '../parse-body.js';
import { requireFew } from '../require-few.js';
import { type ChatBody, chatBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';
import { validate } from '../validate.js';

/** What the body says but for the conversation itself. */
export type ChatSettings = Omit<ChatBody, 'messages'>;

export interface ReadChat {
  readonly body: ChatSettings;
  readonly request: TurnRequest;
}

/** Throws `bad-request`. Pure. */
export function readChat({ bytes, facts }: BodyInput<RequestLimits>): ReadChat {
  const body = validate(chatBody, parseBody(asBuffer(bytes)));
  const { messages, ...settings } = body;
  const request = toTurnRequest(body, facts);
  const tools = (body.tools ?? body.functions ?? []).length;
  requireFew({ messages: messages.length, tools, turns: request.messages }, facts);
  return { body: settings, request };
}

export const READ_CHAT = defineTask(import.meta.url, 'readChat', readChat);

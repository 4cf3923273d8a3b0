/** From the bytes of a chat completion's body to the turn that it asks for. */
import type { EncodedHistory } from '../../../core/encoded-history.js';
import type { FaultFacts } from '../../../core/fault.js';
import type { OriginalChat, TurnRequest } from '../../../core/request.js';
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import { encodeLarge } from '../../body/encode-large.js';
import type { RequestLimits } from '../../body/request-limits.js';
import { requireFew } from '../require-few.js';
import { parseObject, validate } from '../validate.js';
import { type ChatBody, chatBody } from './schema.js';
import { toOriginal } from './to-original.js';
import { toTurnRequest } from './to-turn-request.js';

/** What the body says but for the conversation itself. */
export type ChatSettings = Omit<ChatBody, 'messages'>;

export interface ReadChat {
  readonly body: ChatSettings;
  readonly request: TurnRequest;
  /** The same as the client wrote it; undefined for an older form. Most workers do not take it, so it is made when it is asked for, but for what is read in a thread. */
  readonly original: OriginalChat | (() => OriginalChat | undefined) | undefined;
  readonly encoded: EncodedHistory | undefined;
  /** Why the last message can be read by nothing but a server that is given it as the client wrote it; absent for all others. */
  readonly refused?: FaultFacts | undefined;
}

/** Throws `bad-request`. Pure. */
export function readChat(input: BodyInput<RequestLimits>): ReadChat {
  const raw = parseObject(input);
  const body = validate(chatBody, raw);
  const { messages, ...settings } = body;
  let refused: FaultFacts | undefined;
  const request = toTurnRequest(body, input.facts, (fault) => {
    refused ??= fault.toFacts();
  });
  const tools = (body.tools ?? body.functions ?? []).length;
  requireFew({ messages: messages.length, tools, turns: request.messages }, input.facts);
  const toOriginalOf = () => toOriginal(raw, request);
  if ('text' in input)
    return { body: settings, request, original: toOriginalOf, encoded: undefined, refused };
  const original = toOriginalOf();
  const encoded = encodeLarge(input, request.messages, original);
  // Large messages are in what is encoded, and need not leave the thread twice.
  const kept = encoded && original ? { ...original, messages: undefined } : original;
  return { body: settings, request, original: kept, encoded, refused };
}

export const READ_CHAT = defineTask(import.meta.url, 'readChat', readChat);

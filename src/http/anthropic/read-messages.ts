/** From the bytes of a body to the turn that it asks for. */
import type { EncodedHistory } from '../../core/encoded-history.js';
import type { Message, TurnRequest } from '../../core/request.js';
import { defineTask } from '../../threads/task.js';
import type { BodyInput } from '../body/decode-body.js';
import { encodeLarge } from '../body/encode-large.js';
import {
  countAskedImages,
  type CountLimits,
  findExcess,
  type ImageLimits,
  type RequestLimits,
} from '../body/request-limits.js';
import type { NamingFields } from '../session-name.js';
import { invalid } from './error.js';
import { countTokensBody, messagesBody, type TurnBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';
import { toMembers, type ToolsetMember } from './toolsets.js';
import { parseBody } from './validate.js';

export interface ReadMessages {
  readonly request: TurnRequest;
  readonly stream: boolean;
  /** `thinking.display` is `omitted`. */
  readonly hidesThinking: boolean;
  /** Of the client's toolsets; empty without one. */
  readonly members: readonly ToolsetMember[];
  readonly naming: NamingFields;
  readonly encoded: EncodedHistory | undefined;
}

/** For `/v1/messages`. Throws `bad-request`. Pure. */
export function readMessages(input: BodyInput<RequestLimits>): ReadMessages {
  const body = parseBody(messagesBody, input);
  const members = toMembers(body.tools ?? []);
  const request = toTurnRequest(body, input.facts, members);
  requireFew(body, request.messages, input.facts);
  const { stream, thinking, metadata } = body;
  const hidesThinking = thinking?.display === 'omitted';
  const encoded = encodeLarge(input, request.messages);
  return { request, stream: stream === true, hidesThinking, members, naming: { metadata }, encoded };
}

/** For `/v1/messages/count_tokens`. Throws `bad-request`. Pure. */
export function readCountTokens(input: BodyInput<ImageLimits>): TurnRequest {
  return toTurnRequest(parseBody(countTokensBody, input), input.facts);
}

export const READ_MESSAGES = defineTask(import.meta.url, 'readMessages', readMessages);
export const READ_COUNT_TOKENS = defineTask(import.meta.url, 'readCountTokens', readCountTokens);

/**
 * Refuses what holds too much, in the words of Anthropic's validator. Throws `bad-request`. @param turns what was made of
 * the body's messages
 */
function requireFew(body: TurnBody, turns: readonly Message[], limits: CountLimits): void {
  const counts = {
    messages: body.messages.length,
    tools: (body.tools ?? []).length,
    images: countAskedImages(turns),
  };
  const excess = findExcess(counts, limits);
  if (excess === undefined) return;
  if (excess.of === 'images')
    throw invalid(['messages'], `Too many images: at most ${excess.limit} are taken, not ${excess.count}`);
  throw invalid(
    [excess.of],
    `List should have at most ${excess.limit} items after validation, not ${excess.count}`,
  );
}

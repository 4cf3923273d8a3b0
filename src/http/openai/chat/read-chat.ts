/** From the bytes of a chat completion's body to the turn that it asks for. */
import type { EncodedHistory } from '../../../core/encoded-history.js';
import type { Fault, FaultFacts } from '../../../core/fault.js';
import { hasOnly } from '../../../core/json-object.js';
import {
  type FurtherSetting,
  joinParagraphs,
  type OriginalChat,
  type TurnRequest,
} from '../../../core/request.js';
import { rightsBeside } from '../../../core/rights.js';
import { defineTask } from '../../../threads/task.js';
import type { BodyInput } from '../../body/decode-body.js';
import { encodeLarge } from '../../body/encode-large.js';
import type { ImageLimits, RequestLimits } from '../../body/request-limits.js';
import { furtherSettings } from '../../further-settings.js';
import { requireFew } from '../requirements.js';
import { toReasoningEffort, toSampling } from '../to-sampling.js';
import { toTools } from '../to-tools.js';
import { parseObject, validate } from '../validate.js';
import { CHAT_SETTINGS } from './further-settings.js';
import { withoutFunctions } from './legacy-functions.js';
import { type ChatBody, chatBody, toAnswerFormat } from './schema.js';
import { toMessages } from './to-messages.js';
import { toOriginal } from './to-original.js';

/** What the body says but for the conversation itself. */
export type ChatSettings = Omit<ChatBody, 'messages'>;

export interface ReadChat {
  readonly body: ChatSettings;
  readonly request: TurnRequest;
  readonly furtherSettings: readonly FurtherSetting[] | undefined;
  /**
   * The same as the client wrote it; undefined for an older form. Most workers do not take it, so it is made when it is asked for, but for
   * what is read in a thread.
   */
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
  const further = hasOnly(raw, CHAT_SETTINGS.own) ? undefined : furtherSettings(raw, CHAT_SETTINGS);
  if ('text' in input)
    return {
      body: settings,
      request,
      furtherSettings: further,
      original: toOriginalOf,
      encoded: undefined,
      refused,
    };
  const original = toOriginalOf();
  const encoded = encodeLarge(input, request.messages, original);
  // Large messages are in what is encoded, and need not leave the thread twice.
  const kept = encoded && original ? { ...original, messages: undefined } : original;
  return { body: settings, request, furtherSettings: further, original: kept, encoded, refused };
}

export const READ_CHAT = defineTask(import.meta.url, 'readChat', readChat);

/**
 * Throws `bad-request` for an image that is none and for a choice of tools that cannot be made.
 * @param limits what is taken of images
 * @param onRefused as of `toMessages`
 */
export function toTurnRequest(
  body: ChatBody,
  limits: ImageLimits,
  onRefused?: (fault: Fault) => void,
): TurnRequest {
  const { system, messages } = toMessages(body.messages, limits, onRefused);
  const { tools, choice, instruction } = toTools(withoutFunctions(body));
  const parallelToolCalls = tools.length > 0 ? body.parallel_tool_calls : undefined;
  const reasoningEffort = toReasoningEffort(body);
  const format = toAnswerFormat(body.response_format, body.stream === true);
  const systemPrompt = joinParagraphs([system, instruction]);
  return {
    model: body.model,
    system: systemPrompt === '' ? undefined : systemPrompt,
    messages,
    tools,
    sampling: {
      ...(reasoningEffort !== undefined ? { reasoningEffort } : {}),
      ...(choice !== undefined ? { toolChoice: choice } : {}),
      ...(parallelToolCalls != null ? { parallelToolCalls } : {}),
      ...toSampling(body),
    },
    format,
    ...rightsBeside((body.tools ?? body.functions ?? []).length, tools),
  };
}

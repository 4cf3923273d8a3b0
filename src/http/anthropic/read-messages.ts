/** From the bytes of a body to the turn that it asks for. */
import type { EncodedHistory } from '../../core/encoded-history.js';
import {
  type AnswerFormat,
  type FurtherSetting,
  joinParagraphs,
  type Message,
  type Sampling,
  type TurnRequest,
} from '../../core/request.js';
import { rightsBeside } from '../../core/rights.js';
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
import { parseJsonObject, textOf } from '../body/parse-json-object.js';
import { furtherSettings } from '../further-settings.js';
import type { NamingFields } from '../session-name.js';
import { invalid } from './error.js';
import { MESSAGE_SETTINGS } from './further-settings.js';
import { countTokensBody, messagesBody, type TurnBody } from './schema.js';
import { joinTexts, toMessages } from './to-messages.js';
import { toTools } from './to-tools.js';
import { toMembers, type ToolsetMember } from './toolsets.js';
import { BODY_WORDS, parseBody, validate } from './validate.js';

export interface ReadMessages {
  readonly request: TurnRequest;
  readonly furtherSettings: readonly FurtherSetting[] | undefined;
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
  const raw = parseJsonObject(textOf(input), BODY_WORDS);
  const body = validate(messagesBody, raw);
  const members = toMembers(body.tools ?? []);
  const request = toTurnRequest(body, input.facts, members);
  requireFew(body, request.messages, input.facts);
  const { stream, thinking, metadata } = body;
  const hidesThinking = thinking?.display === 'omitted';
  const encoded = encodeLarge(input, request.messages);
  return {
    request,
    furtherSettings: furtherSettings(raw, MESSAGE_SETTINGS),
    stream: stream === true,
    hidesThinking,
    members,
    naming: { metadata },
    encoded,
  };
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

/**
 * Throws `bad-request` for what the schema cannot see: bad images, stray tool blocks, a choice of no tool.
 * @param limits what is taken of images
 * @param members of the toolsets in `body`
 */
export function toTurnRequest(
  body: TurnBody,
  limits: ImageLimits,
  members = toMembers(body.tools ?? []),
): TurnRequest {
  const { system: spoken, messages } = toMessages(body.messages, limits, members);
  const system = joinParagraphs([joinTexts(body.system ?? []), spoken]);
  const { tools, choice, instruction, isOneByOne } = toTools(body, body.messages, members);
  const format = toFormat(body);
  return {
    model: body.model,
    ...(messages.length > 0
      ? withSystem([system, instruction], messages)
      : withSystem([instruction], [ask(system)])),
    tools,
    sampling: {
      ...toSampling(body),
      ...(choice !== undefined ? { toolChoice: choice } : {}),
      ...(isOneByOne ? { parallelToolCalls: false } : {}),
    },
    ...(format ? { format } : {}),
    ...rightsBeside((body.tools ?? []).length, tools),
  };
}

function withSystem(texts: readonly (string | undefined)[], messages: readonly Message[]) {
  const system = joinParagraphs(texts);
  return system === '' ? { messages } : { system, messages };
}

/** A prompt needs words of a user: system messages alone become those. */
function ask(text: string): Message {
  return { role: 'user', content: text === '' ? [] : [{ type: 'text', text }] };
}

function toFormat({ output_config, stream }: TurnBody): AnswerFormat | undefined {
  const format = output_config?.format;
  return format ? { schema: format.schema, delivery: stream ? 'streamed' : 'whole' } : undefined;
}

/** Budgets up to these, in tokens, ask for the effort beside them; larger ones for `high`. */
const BUDGETS = [
  [4_096, 'low'],
  [16_384, 'medium'],
] as const;

/** Only what the client set; the choice of tools is not among it (`to-tools.ts`). */
export function toSampling(body: TurnBody): Sampling {
  const { temperature, top_p, top_k, max_tokens } = body;
  // An empty string stops nothing.
  const stop = (body.stop_sequences ?? []).filter((text) => text !== '');
  const reasoningEffort = toReasoningEffort(body);
  return {
    ...(temperature != null ? { temperature } : {}),
    ...(top_p != null ? { topP: top_p } : {}),
    ...(top_k != null ? { topK: top_k } : {}),
    ...(max_tokens != null ? { maxTokens: max_tokens } : {}),
    ...(stop.length > 0 ? { stop } : {}),
    ...(reasoningEffort !== undefined ? { reasoningEffort } : {}),
  };
}

/**
 * How much a model is asked to think (src/http/anthropic/README.md, "Thinking"), in hum's word; undefined where it is the
 * worker's to decide. `disabled` is `none`; an effort that is named goes on as it is; else the budget of `enabled` decides.
 */
function toReasoningEffort({
  thinking,
  output_config,
}: Pick<TurnBody, 'thinking' | 'output_config'>): string | undefined {
  if (thinking?.type === 'disabled') return 'none';
  if (output_config?.effort) return output_config.effort;
  if (thinking?.type !== 'enabled') return undefined;
  const { budget_tokens } = thinking;
  if (budget_tokens == null) return 'medium';
  return BUDGETS.find(([most]) => budget_tokens <= most)?.[1] ?? 'high';
}

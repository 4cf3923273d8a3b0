/** From the body of a response, its references resolved, to the turn that it asks for. */
import type { TurnSignal } from '../../../core/abort.js';
import { type EncodedHistory, encodeHistory } from '../../../core/encoded-history.js';
import { Fault } from '../../../core/fault.js';
import { render } from '../../../core/render.js';
import { type AnswerFormat, joinParagraphs, type Sampling, type TurnRequest } from '../../../core/request.js';
import { rightsBeside } from '../../../core/rights.js';
import { requestThreads } from '../../../threads/request-threads.js';
import { defineTask, type Task } from '../../../threads/task.js';
import { isLarge } from '../../../threads/weight.js';
import type { ImageLimits } from '../../body/request-limits.js';
import { toFormatDescription } from '../format-description.js';
import { toReasoningEffort } from '../to-sampling.js';
import type { ResponsesFields } from './body-schema.js';
import { COMPACTION_PROMPT } from './compaction.js';
import { type ContextItem, toMessages } from './to-messages.js';
import { type OfferedTools, toTools } from './to-tools.js';
import type { ToolNames } from './tool-names.js';

export interface ResponseTurn {
  readonly request: TurnRequest;
  readonly names: ToolNames;
}

export interface ResponseInput {
  readonly model: string;
  readonly body: ResponsesFields;
  /** The whole context: what earlier responses hold, then the input. */
  readonly items: readonly ContextItem[];
  /** What is taken of images. */
  readonly limits: ImageLimits;
}

/** Throws `bad-request` where the context holds nothing to answer, and for content and choices that cannot be passed on. */
export function toTurnRequest({ model, body: asked, items, limits }: ResponseInput): ResponseTurn {
  const body = withUpdates(asked, items);
  const { system, messages } = toMessages(items, limits);
  const additional = items.flatMap(({ item }) =>
    item.type === 'additional_tools' ? (item.tools ?? []) : [],
  );
  const loaded = items.flatMap(({ item }) => (item.type === 'tool_search_output' ? (item.tools ?? []) : []));
  const isCompaction = items.at(-1)?.item.type === 'compaction_trigger';
  const { tools, names, choice, instruction } = isCompaction
    ? NO_TOOLS
    : toTools([...(body.tools ?? []), ...additional], body.tool_choice, loaded);
  const parallelToolCalls = tools.length > 0 ? body.parallel_tool_calls : undefined;
  const format = isCompaction ? undefined : toFormat(body);
  const request: TurnRequest = {
    model,
    ...toPrompt([body.instructions, system], isCompaction ? askForSummary(messages) : messages, instruction),
    tools,
    sampling: {
      ...toSampling(body),
      ...(choice !== undefined ? { toolChoice: choice } : {}),
      ...(parallelToolCalls != null ? { parallelToolCalls } : {}),
    },
    ...(format ? { format } : {}),
    ...(isCompaction
      ? { rights: { workerTools: 'none' } as const }
      : rightsBeside((body.tools ?? []).length + additional.length + loaded.length, tools)),
  };
  return { request, names };
}

/** What a request includes that is to have the probabilities of its tokens. */
const LOGPROBS = 'message.output_text.logprobs';

/** The settings as the last updates among the items have them. */
function withUpdates(body: ResponsesFields, items: readonly ContextItem[]): ResponsesFields {
  const updates = items.flatMap(({ item }) => (item.type === 'configuration_update' ? [item] : []));
  const effort = updates.findLast(({ reasoning }) => reasoning?.effort != null)?.reasoning?.effort;
  const format = updates.findLast(({ text }) => text?.format != null)?.text?.format;
  return {
    ...body,
    ...(effort != null ? { reasoning: { ...body.reasoning, effort } } : {}),
    ...(format != null ? { text: { ...body.text, format } } : {}),
  };
}

/** A summary is text: its turn is given no tool, whatever the request brings. */
const NO_TOOLS: OfferedTools = { tools: [], names: new Map() };

function askForSummary(messages: TurnRequest['messages']): TurnRequest['messages'] {
  return [...messages, { role: 'user', content: [{ type: 'text', text: COMPACTION_PROMPT }] }];
}

export interface EncodedTurn extends ResponseTurn {
  readonly encoded: EncodedHistory | undefined;
}

/** The same, its messages encoded where they are large, as only those of a large context are. */
export function toEncodedTurn(input: ResponseInput): EncodedTurn {
  const turn = toTurnRequest(input);
  const { messages } = turn.request;
  return { ...turn, encoded: isLarge(messages) ? encodeHistory(messages) : undefined };
}

export const TO_ENCODED_TURN = defineTask(import.meta.url, 'toEncodedTurn', toEncodedTurn);

/** Instructions alone are answered, too; a prompt needs words of a user, so they become those. */
function toPrompt(
  instructions: readonly (string | null | undefined)[],
  messages: TurnRequest['messages'],
  instruction: string | undefined,
): Pick<TurnRequest, 'system' | 'messages'> {
  const text = joinParagraphs(instructions);
  if (messages.length > 0) {
    const system = joinParagraphs([text, instruction]);
    return { ...(system !== '' ? { system } : {}), messages };
  }
  if (text !== '') {
    const question = { role: 'user', content: [{ type: 'text', text }] } as const;
    return { ...(instruction ? { system: instruction } : {}), messages: [question] };
  }
  const message = "Invalid 'input': it holds nothing to answer. Expected a text, or at least one message.";
  throw new Fault('bad-request', message, { param: 'input', reason: 'empty_array' });
}

function toFormat({ text, stream }: ResponsesFields): AnswerFormat | undefined {
  const delivery = stream ? 'streamed' : 'whole';
  switch (text?.format?.type) {
    case 'json_object':
      return { schema: undefined, delivery };
    case 'json_schema':
      return { schema: text.format.schema, description: toFormatDescription(text.format), delivery };
    default:
      return undefined;
  }
}

/**
 * The parameters of sampling, in the conversation's names. Only what the client set; the choice of tools is not among it
 * (`to-tools.ts`).
 */
function toSampling(body: ResponsesFields): Sampling {
  const reasoningEffort = toReasoningEffort({ reasoning_effort: body.reasoning?.effort });
  const wantsLogprobs = body.include?.includes(LOGPROBS) === true || (body.top_logprobs ?? 0) > 0;
  return {
    ...(body.temperature != null ? { temperature: body.temperature } : {}),
    ...(body.top_p != null ? { topP: body.top_p } : {}),
    ...(body.top_k != null ? { topK: body.top_k } : {}),
    ...(body.min_p != null ? { minP: body.min_p } : {}),
    ...(body.max_output_tokens != null ? { maxTokens: body.max_output_tokens } : {}),
    ...(body.seed != null ? { seed: body.seed } : {}),
    ...(body.frequency_penalty != null ? { frequencyPenalty: body.frequency_penalty } : {}),
    ...(body.presence_penalty != null ? { presencePenalty: body.presence_penalty } : {}),
    ...(reasoningEffort ? { reasoningEffort } : {}),
    ...(wantsLogprobs ? { topLogprobs: body.top_logprobs ?? 0 } : {}),
  };
}

/**
 * Asks something of a response's whole context, in a thread where that is large: a chain of responses may be. Rejects with
 * what the task throws, and as `ThreadPool.run` does.
 */
export async function askOffLoop<Answer>(
  task: Task<ResponseInput, Answer>,
  { model, body, items, limits }: ResponseInput,
  gone: TurnSignal,
): Promise<Answer> {
  // The input stands among the items, all its references resolved.
  const question = { model, body: { ...body, input: null }, items, limits };
  return !isLarge(items) ? task.run(question) : requestThreads.run(task, question, gone);
}

/**
 * How much a model would be given to read: system, conversation and tools in characters; images do not count. Throws what
 * `toTurnRequest` throws.
 */
export function countCharacters(question: ResponseInput): number {
  const { system = '', messages, tools } = toTurnRequest(question).request;
  const declared = tools.length > 0 ? JSON.stringify(tools) : '';
  return system.length + render(messages).text.length + declared.length;
}

export const COUNT_CHARACTERS = defineTask(import.meta.url, 'countCharacters', countCharacters);

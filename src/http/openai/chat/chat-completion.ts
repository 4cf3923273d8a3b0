/** A whole answer as a `chat.completion` (src/http/openai/README.md, "Chat answers"), in the style that its question asks for. */
import type { Answer } from '../../../core/collect.js';
import { addUsage } from '../../../core/event.js';
import type { TokenLogprob } from '../../../core/logprobs.js';
import type { SurfaceSettings } from '../../surface.js';
import { toCalledFunction, toCustomInput } from '../called-tool.js';
import type { Envelope } from '../envelope.js';
import { NO_USAGE, toFinishReason, toUsage } from '../ending.js';
import { hidesReasoning } from '../to-sampling.js';
import { usesFunctions } from './legacy-functions.js';
import type { ChatSettings } from './read-chat.js';

/**
 * Under which keys the model's thoughts stand in messages and deltas; clients look for one or the other
 * (src/http/openai/README.md, "Reasoning").
 */
export type ReasoningField = SurfaceSettings['reasoningField'];

export interface AnswerStyle {
  readonly reasoningField: ReasoningField;
  /** True for the form that came before tools: one `function_call`, and the reason `function_call`. */
  readonly isLegacy: boolean;
  /** The tools that take free text; all others are functions. */
  readonly customTools: ReadonlySet<string>;
}

/** @param configured where thoughts stand if the request does not hide them */
export function toAnswerStyle(body: ChatSettings, configured: ReasoningField): AnswerStyle {
  const custom = (body.tools ?? []).flatMap((tool) => (tool.type === 'custom' ? [tool.custom.name] : []));
  return {
    reasoningField: hidesReasoning(body) ? 'none' : configured,
    isLegacy: usesFunctions(body),
    customTools: new Set(custom),
  };
}

/** @param answers one for each choice, in order */
export function toChatCompletion(
  answers: readonly Answer[],
  { id, created, model }: Envelope,
  style: AnswerStyle,
) {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: answers.map((answer, index) => toChoice(answer, index, style)),
    usage: toUsage(answers.map(({ usage }) => usage).reduce(addUsage, NO_USAGE)),
    service_tier: 'default',
    system_fingerprint: null,
  };
}

function toChoice(answer: Answer, index: number, style: AnswerStyle) {
  const { text, reasoning, toolCalls, reason, logprobs } = answer;
  const hasCalls = toolCalls.length > 0;
  const calls = !hasCalls ? 'none' : style.isLegacy ? 'function_call' : 'tool_calls';
  return {
    index,
    message: {
      role: 'assistant',
      content: text === '' && hasCalls ? null : text,
      refusal: null,
      ...(reasoning !== '' ? toReasoningKeys(reasoning, style.reasoningField) : {}),
      ...toCallKeys(toolCalls, style),
    },
    logprobs: logprobs === undefined ? null : toChatLogprobs(logprobs),
    finish_reason: toFinishReason(reason, calls),
  };
}

export function toChatLogprobs(content: readonly TokenLogprob[]) {
  return { content, refusal: null };
}

/** No key at all where nothing is called: an empty list makes some clients look for calls. */
function toCallKeys(calls: Answer['toolCalls'], { isLegacy, customTools }: AnswerStyle) {
  const [first] = calls;
  if (first === undefined) return {};
  if (isLegacy) return { function_call: toCalledFunction(first) };
  return {
    tool_calls: calls.map((call) =>
      customTools.has(call.name)
        ? { id: call.id, type: 'custom', custom: { name: call.name, input: toCustomInput(call.input) } }
        : { id: call.id, type: 'function', function: toCalledFunction(call) },
    ),
  };
}

/** What the model thought, as keys and values to put into a message or a delta (src/http/openai/README.md, "Reasoning"). */
export function toReasoningKeys(text: string, field: ReasoningField): Readonly<Record<string, string>> {
  switch (field) {
    case 'both':
      return { reasoning_content: text, reasoning: text };
    case 'reasoning_content':
      return { reasoning_content: text };
    case 'reasoning':
      return { reasoning: text };
    case 'none':
      return {};
    default:
      return field satisfies never;
  }
}

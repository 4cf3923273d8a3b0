/** A whole answer as a `chat.completion` (src/http/openai/README.md, "Chat answers"). */
import type { Answer } from '../../../core/collect.js';
import { addUsage } from '../../../core/event.js';
import type { TokenLogprob } from '../../../core/logprobs.js';
import { toCalledFunction, toCustomInput } from '../called-tool.js';
import type { Envelope } from '../envelope.js';
import { toFinishReason } from '../finish-reason.js';
import { NO_USAGE, toUsage } from '../usage.js';
import { type AnswerStyle, toReasoningKeys } from './answer-style.js';

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

/** The answers to `stream: false` (spec/ollama.md §3.2, §3.4). */
import type { Answer } from '../../conversation/collect.js';
import { toTimestamp } from '../../conversation/timestamp.js';
import type { WireAnswer } from '../surface.js';
import { toEnding } from './ending.js';
import type { Envelope } from './envelope.js';
import { jsonAnswer } from './json-answer.js';
import { toWireToolCall } from './tool-calls.js';

export function wholeChatAnswer(answer: Answer, envelope: Envelope): WireAnswer {
  const thinking = thinkingOf(answer);
  const tool_calls = toolCallsOf(answer);
  const message = { role: 'assistant', content: answer.text, thinking, tool_calls };
  return wholeAnswer(answer, envelope, { message });
}

export function wholeGenerateAnswer(answer: Answer, envelope: Envelope): WireAnswer {
  const said = { response: answer.text, thinking: thinkingOf(answer), tool_calls: toolCallsOf(answer) };
  return wholeAnswer(answer, envelope, said);
}

/** What an answer says, under its route's keys. */
interface Said {
  readonly message?: object;
  readonly response?: string;
  readonly thinking?: string | undefined;
  readonly tool_calls?: object | undefined;
}

function wholeAnswer(answer: Answer, envelope: Envelope, said: Said): WireAnswer {
  const { model, clock } = envelope;
  const ending = toEnding(envelope, answer.reason, answer.usage, answer.text);
  // Written out, as the ending is. What is undefined does not stand in it.
  return jsonAnswer({
    model,
    created_at: toTimestamp(clock.now()),
    message: said.message,
    response: said.response,
    thinking: said.thinking,
    done: true,
    done_reason: ending.done_reason,
    context: ending.context,
    total_duration: ending.total_duration,
    load_duration: ending.load_duration,
    prompt_eval_count: ending.prompt_eval_count,
    prompt_eval_duration: ending.prompt_eval_duration,
    eval_count: ending.eval_count,
    eval_duration: ending.eval_duration,
    tool_calls: said.tool_calls,
  });
}

/** Only where there is some: clients take an empty `thinking` for a message of nothing else. */
function thinkingOf({ reasoning }: Answer) {
  return reasoning === '' ? undefined : reasoning;
}

function toolCallsOf({ toolCalls }: Answer) {
  return toolCalls.length === 0 ? undefined : toolCalls.map(toWireToolCall);
}

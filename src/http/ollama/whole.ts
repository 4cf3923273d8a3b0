/** The answers to `stream: false` (spec/ollama.md §3.2, §3.4). */

import type { Answer } from '../../conversation/collect.js';
import { toTimestamp } from '../../conversation/timestamp.js';
import type { WireAnswer } from '../surface.js';
import { toDoneReason } from './done-reason.js';
import type { Envelope } from './envelope.js';
import { jsonAnswer } from './json-answer.js';
import { toWireToolCall } from './tool-calls.js';

export function wholeChatAnswer(answer: Answer, envelope: Envelope): WireAnswer {
  return jsonAnswer({
    ...opening(envelope),
    message: { role: 'assistant', content: answer.text, ...thinkingOf(answer), ...toolCallsOf(answer) },
    ...ending(answer, envelope),
  });
}

export function wholeGenerateAnswer(answer: Answer, envelope: Envelope): WireAnswer {
  return jsonAnswer({
    ...opening(envelope),
    response: answer.text,
    ...thinkingOf(answer),
    ...ending(answer, envelope),
    ...toolCallsOf(answer),
  });
}

function opening({ model, clock }: Envelope) {
  return { model, created_at: toTimestamp(clock.now()) };
}

/** Only where there is some: clients take an empty `thinking` for a message of nothing else. */
function thinkingOf({ reasoning }: Answer) {
  return reasoning === '' ? {} : { thinking: reasoning };
}

function toolCallsOf({ toolCalls }: Answer) {
  return toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toWireToolCall) };
}

function ending(answer: Answer, { timings, toContext }: Envelope) {
  return {
    done: true,
    done_reason: toDoneReason(answer.reason),
    context: toContext?.(answer.text),
    ...timings.metrics(answer.usage),
  };
}

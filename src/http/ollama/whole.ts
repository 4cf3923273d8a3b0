/** The answers to `stream: false` (src/http/ollama/README.md, "Chat" and "Generate"). */
import type { Answer } from '../../core/collect.js';
import { toTimestamp } from '../../core/timestamp.js';
import type { WireAnswer } from '../answer/wire-answer.js';
import { type Envelope, toEnding } from './ending.js';
import { toWireToolCall } from './line-encoder.js';
import { jsonAnswer } from './route.js';

export function wholeChatAnswer(answer: Answer, envelope: Envelope): WireAnswer {
  const thinking = thinkingOf(answer);
  const tool_calls = toolCallsOf(answer);
  return wholeAnswer(answer, envelope, {
    message: { role: 'assistant', content: answer.text, thinking, tool_calls },
  });
}

export function wholeGenerateAnswer(answer: Answer, envelope: Envelope): WireAnswer {
  const content = { response: answer.text, thinking: thinkingOf(answer) };
  return wholeAnswer(answer, envelope, content, { tool_calls: toolCallsOf(answer) });
}

/** @param content the answer's text, reasoning and calls under this route's keys; `last` stands at the end */
function wholeAnswer(answer: Answer, envelope: Envelope, content: object, last?: object): WireAnswer {
  const { model, clock } = envelope;
  const ending = toEnding(envelope, answer.reason, answer.usage, answer.text);
  return jsonAnswer({
    model,
    created_at: toTimestamp(clock.now()),
    ...content,
    done: true,
    logprobs: answer.logprobs,
    ...ending,
    ...last,
  });
}

/** Only where there is some: clients take an empty `thinking` for a message of nothing else. */
function thinkingOf({ reasoning }: Answer) {
  return reasoning === '' ? undefined : reasoning;
}

function toolCallsOf({ toolCalls }: Answer) {
  return toolCalls.length === 0 ? undefined : toolCalls.map(toWireToolCall);
}

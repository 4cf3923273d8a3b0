/**
 * A last message of the assistant is the beginning of the answer. Some servers go on from it by themselves; vLLM and SGLang have two
 * fields for it, Mistral's API a mark of the message. Of a model that takes none of these it is asked in words.
 */
import { isJsonObject, type JsonObject } from '../core/json-object.js';
import { GO_ON } from '../core/render.js';
import type { ModelHabits } from './model-habits.js';
import type { ErrorWords } from './error-words.js';
import type { ChatMessage } from './server-messages.js';

const FIELDS = { continue_final_message: true, add_generation_prompt: false };
const NAMED = /continue_final_message|add_generation_prompt/;
/** "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant". */
const WANTS_PREFIX = /assistant[^.]{0,20} with prefix/i;

/** `body` with what makes its model go on. One in which the client has seen to that itself stays as it is. */
export function withPrefill(
  body: JsonObject,
  messages: readonly ChatMessage[],
  { prefill }: ModelHabits,
): JsonObject {
  const last = messages.at(-1);
  if (!isPrefill(last) || Object.keys(FIELDS).some((name) => name in body) || last['prefix'] != null)
    return body;
  switch (prefill) {
    case 'fields':
      return { ...body, ...FIELDS };
    case 'prefix':
      return { ...body, messages: [...messages.slice(0, -1), { ...last, prefix: true }] };
    case 'words':
      return { ...body, messages: [...messages, { role: 'user', content: GO_ON.trim() }] };
    default:
      return prefill satisfies never;
  }
}

function isPrefill(last: ChatMessage | undefined): last is ChatMessage {
  return (
    last?.['role'] === 'assistant' &&
    last['tool_calls'] == null &&
    last['content'] != null &&
    last['content'] !== ''
  );
}

/** Takes down what a refusal says of the way that was tried. False: it is about something else. */
export function learnPrefill(
  { message, places, param }: ErrorWords,
  sent: JsonObject,
  habits: ModelHabits,
): boolean {
  const messages: unknown = sent['messages'];
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (!isJsonObject(last) || !isPrefill(last)) return false;
  if (habits.prefill !== 'prefix' && WANTS_PREFIX.test(message)) habits.prefill = 'prefix';
  else if (habits.prefill === 'fields' && NAMED.test(`${message} ${places.join(' ')} ${param ?? ''}`))
    habits.prefill = 'words';
  else if (habits.prefill === 'prefix' && /prefix/i.test(`${message} ${places.join(' ')}`))
    habits.prefill = 'words';
  else return false;
  return true;
}

/** The messages of a chat as the server is sent them: what came with the prompt, in the form that the model takes. */
import { createHash } from 'node:crypto';
import { EARLIER_REASONING, lastQuestionIndex } from '../core/chat-messages.js';
import { isJsonObject, type JsonObject, parseJson } from '../core/json-object.js';
import { escapeElements, systemElement } from '../core/render.js';
import type { CallMemory, RememberedCall } from './call-memory.js';
import { withoutFiles } from './file-parts.js';
import type { ModelHabits } from './model-habits.js';

/** A message in OpenAI's form. */
export type ChatMessage = JsonObject;

/** What an answer of OpenAI's holds where there is nothing, and no request needs. */
const EMPTY_FIELDS: readonly string[] = ['refusal', 'audio', 'function_call', 'annotations', 'tool_calls'];
const REASONING_FIELDS: readonly string[] = ['reasoning_content', 'reasoning', 'thinking', 'reasoning_text'];

/** As `messages` say it, with the ids that the server gave out, in the form that `habits` ask for. */
export function toServerMessages(
  messages: readonly ChatMessage[],
  habits: ModelHabits,
  calls: CallMemory,
): readonly ChatMessage[] {
  const question = lastQuestionIndex(messages);
  const recognised = calls.recognise(messages);
  const find = (id: unknown) =>
    typeof id === 'string' ? (calls.find(id) ?? calls.find(recognised.get(id) ?? '')) : undefined;
  const restored = withoutFiles(messages, habits).map((message, index) =>
    withForm(withOwnCalls(withoutEmpty(message), find, index > question), habits),
  );
  return inOrder(restored, habits);
}

function withoutEmpty(message: ChatMessage): ChatMessage {
  const isEmpty = ([name, value]: [string, unknown]) =>
    EMPTY_FIELDS.includes(name) && (value === null || (Array.isArray(value) && value.length === 0));
  if (message['role'] !== 'assistant' || !Object.entries(message).some(isEmpty)) return message;
  return Object.fromEntries(Object.entries(message).filter((entry) => !isEmpty(entry)));
}

/**
 * Calls and results get back the ids that the server gave them, calls what it wants back with them besides.
 * @param isOpen the question is not answered yet: what the model thought before a call belongs to it
 */
function withOwnCalls(
  message: ChatMessage,
  find: (id: unknown) => RememberedCall | undefined,
  isOpen: boolean,
): ChatMessage {
  const { tool_calls: list, tool_call_id: id } = message;
  const result = find(id);
  if (result !== undefined) return { ...message, tool_call_id: result.upstreamId };
  if (!Array.isArray(list)) return message;
  let reasoning: string | undefined;
  const restored = list.map((call: unknown) => {
    if (!isJsonObject(call)) return call;
    const known = find(call['id']);
    reasoning ??= known?.reasoning;
    return {
      ...call,
      ...(known === undefined ? {} : { id: known.upstreamId }),
      ...(isJsonObject(call['function']) ? { function: withWholeArguments(call['function']) } : {}),
      ...(known?.extra === undefined ? {} : { extra_content: known.extra }),
    };
  });
  const isKnown = REASONING_FIELDS.some(
    (field) => typeof message[field] === 'string' && message[field] !== '',
  );
  return {
    ...message,
    tool_calls: restored,
    ...(reasoning && !isKnown ? { [isOpen ? 'reasoning_content' : EARLIER_REASONING]: reasoning } : {}),
  };
}

/** Half JSON is an error of every template that reads it. */
function withWholeArguments(called: JsonObject): JsonObject {
  const { arguments: input } = called;
  if (input == null || input === '') return { ...called, arguments: '{}' };
  if (typeof input !== 'string') return { ...called, arguments: JSON.stringify(input) };
  return parseJson(input) === undefined ? { ...called, arguments: '{}' } : called;
}

function withForm(message: ChatMessage, habits: ModelHabits): ChatMessage {
  const formed: Record<string, unknown> = { ...message };
  if (formed['role'] === 'developer' && habits.hasNoDeveloper) formed['role'] = 'system';
  if (formed['role'] === 'assistant') {
    fillReasoning(formed, habits);
    nameReasoning(formed, habits);
    if (habits.refusesTextBesideThoughts && formed['content'] && 'tool_calls' in formed)
      for (const field of REASONING_FIELDS) delete formed[field];
  }
  for (const field of habits.refusedInMessages) delete formed[field];
  if (habits.wantsShortIds) shortenIds(formed);
  if (habits.wantsText) formed['content'] = asText(formed['content']);
  if (habits.wantsContent && formed['content'] == null) formed['content'] = '';
  return formed;
}

/** What a server is given that wants thoughts where none are known. */
const NO_THOUGHTS = ' ';

/** Thoughts of earlier questions go to servers that want them. */
function fillReasoning(
  message: Record<string, unknown>,
  { wantsReasoning, refusesReasoning, reasoningField }: ModelHabits,
): void {
  const { [EARLIER_REASONING]: earlier, tool_calls: calls } = message;
  delete message[EARLIER_REASONING];
  const isWanted = wantsReasoning === 'always' || (wantsReasoning === 'with-calls' && Array.isArray(calls));
  if (!isWanted || refusesReasoning || REASONING_FIELDS.some((field) => message[field])) return;
  for (const field of REASONING_FIELDS) delete message[field];
  message[reasoningField ?? 'reasoning_content'] = earlier ?? NO_THOUGHTS;
}

/** Thoughts go back under the name that they came by, once. */
function nameReasoning(
  message: Record<string, unknown>,
  { reasoningField, refusesReasoning }: ModelHabits,
): void {
  const names = REASONING_FIELDS.filter((field) => field in message);
  if (names.length === 0) return;
  const texts = names
    .map((field) => message[field])
    .filter((text) => typeof text === 'string' && text !== '');
  const [first] = names;
  const name = reasoningField ?? first ?? 'reasoning_content';
  if (names.length === 1 && first === name && texts.length === 1 && !refusesReasoning) return;
  for (const field of names) delete message[field];
  if (texts.length > 0 && !refusesReasoning) message[name] = texts[0];
}

const SHORT_ID = /^[a-zA-Z0-9]{9}$/;
const SHORT_ID_LENGTH = 9;

function shortenIds(message: Record<string, unknown>): void {
  const { tool_call_id: id, tool_calls: calls } = message;
  if (typeof id === 'string') message['tool_call_id'] = toShortId(id);
  if (!Array.isArray(calls)) return;
  message['tool_calls'] = calls.map((call: unknown) =>
    isJsonObject(call) && typeof call['id'] === 'string' ? { ...call, id: toShortId(call['id']) } : call,
  );
}

/** The same for the same id, so that a result still finds its call. */
function toShortId(id: string): string {
  if (SHORT_ID.test(id)) return id;
  const hash = createHash('sha256')
    .update(id)
    .digest('base64')
    .replace(/[^a-zA-Z0-9]/g, '');
  return hash.slice(0, SHORT_ID_LENGTH);
}

function asText(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part: unknown) => (isJsonObject(part) ? part['text'] : undefined));
  return texts.every((text) => typeof text === 'string') ? texts.join('\n') : content;
}

/** Stands between a result of a tool and what the user says to it, for models that want an answer there. */
const ACKNOWLEDGEMENT = 'OK.';

function inOrder(messages: readonly ChatMessage[], { roles }: ModelHabits): readonly ChatMessage[] {
  if (roles === 'as-given') return messages;
  const folded = foldSystem(messages, roles === 'no-system');
  return roles === 'system-first' ? folded : alternate(folded);
}

function isSystem({ role }: ChatMessage): boolean {
  return role === 'system' || role === 'developer';
}

/**
 * System messages behind the first one stand in the neighbouring message of the user, in an element that content cannot forge: in the
 * one behind them, else in the one before; alone where there is neither.
 */
function foldSystem(messages: readonly ChatMessage[], foldsFirst: boolean): readonly ChatMessage[] {
  const out: ChatMessage[] = [];
  let waiting: string[] = [];
  const flush = () => {
    if (waiting.length === 0) return;
    const elements = waiting.join('\n\n');
    waiting = [];
    const last = out.at(-1);
    if (last?.['role'] === 'user')
      out[out.length - 1] = { ...last, content: joinContent(escaped(last['content']), elements) };
    else out.push({ role: 'user', content: elements });
  };
  for (const [index, message] of messages.entries()) {
    if (isSystem(message)) {
      if (index === 0 && !foldsFirst) out.push(message);
      else waiting.push(systemElement(textOf(message['content'])));
      continue;
    }
    if (message['role'] === 'user' && waiting.length > 0) {
      out.push({ ...message, content: joinContent(waiting.join('\n\n'), escaped(message['content'])) });
      waiting = [];
      continue;
    }
    flush();
    out.push(message);
  }
  flush();
  return out;
}

/** One message of each role in a row, but for results of tools; an answer between these and the user. */
function alternate(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const out: ChatMessage[] = [];
  for (const message of messages) {
    const last = out.at(-1);
    const { role } = message;
    if (
      last !== undefined &&
      last['role'] === role &&
      (role === 'user' || (role === 'assistant' && !('tool_calls' in last)))
    ) {
      out[out.length - 1] = {
        ...last,
        ...message,
        content: joinContent(last['content'], message['content']),
      };
      continue;
    }
    if (last?.['role'] === 'tool' && role === 'user')
      out.push({ role: 'assistant', content: ACKNOWLEDGEMENT });
    out.push(message);
  }
  const begin = out.findIndex((message) => !isSystem(message));
  // The first of them has to be the user.
  return out[begin]?.['role'] === 'assistant'
    ? [...out.slice(0, begin), { role: 'user', content: ACKNOWLEDGEMENT }, ...out.slice(begin)]
    : out;
}

function joinContent(one: unknown, other: unknown): unknown {
  if (one == null || one === '') return other;
  if (other == null || other === '') return one;
  if (typeof one === 'string' && typeof other === 'string') return `${one}\n\n${other}`;
  return [...toParts(one), ...toParts(other)];
}

function toParts(content: unknown): readonly unknown[] {
  return Array.isArray(content) ? content : [{ type: 'text', text: String(content) }];
}

function escaped(content: unknown): unknown {
  if (typeof content === 'string') return escapeElements(content);
  if (!Array.isArray(content)) return content;
  return content.map((part: unknown) =>
    isJsonObject(part) && typeof part['text'] === 'string'
      ? { ...part, text: escapeElements(part['text']) }
      : part,
  );
}

function textOf(content: unknown): string {
  return toParts(content ?? '')
    .map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('\n');
}

/** Reads the messages of a prompt as a worker is given them: humd sorts the keys of all that it passes on, which is undone here. */
import { isJsonObject, type JsonObject } from '../../core/json-object.js';
import type { Tone } from '../link/tone-codec.js';
import { KEY_ORDER, KEYS_FIELD } from '../../core/chat-messages.js';

/** A system text that stands in a field of its own is the first of them. Undefined where the prompt has none. */
export function readMessages(prompt: Tone): readonly JsonObject[] | undefined {
  const { messages, systemPrompt } = prompt;
  if (!Array.isArray(messages)) return undefined;
  const list = messages.filter(isJsonObject).map(inOwnOrder);
  if (typeof systemPrompt !== 'string' || systemPrompt === '') return list;
  return [{ role: 'system', content: systemPrompt }, ...list];
}

/** What a client wrote in another order says so. */
function inOwnOrder(message: JsonObject): JsonObject {
  const { [KEYS_FIELD]: keys, ...rest } = message;
  const ordered = inOrder(rest);
  if (typeof keys !== 'string' || !isJsonObject(ordered)) return isJsonObject(ordered) ? ordered : rest;
  const names = keys.split(',').filter((name) => name in ordered);
  return Object.fromEntries(
    [...new Set([...names, ...Object.keys(ordered)])].map((name) => [name, ordered[name]]),
  );
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isJsonObject(value)) return value;
  const names = Object.keys(value);
  const known = KEY_ORDER.filter((name) => name in value);
  return Object.fromEntries([...new Set([...known, ...names])].map((name) => [name, inOrder(value[name])]));
}

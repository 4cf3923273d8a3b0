/** Reads the messages of a prompt as a worker is given them: humd sorts the keys of all that it passes on, which is undone here. */
import { isJsonObject, parseJson, type JsonObject } from '../../core/json-object.js';
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
  const ordered = inOrder(rest, toOrders(keys), '');
  return isJsonObject(ordered) ? ordered : rest;
}

type Orders = Readonly<Record<string, unknown>>;

/** By the path of an object within the message: its keys in their order. */
function toOrders(keys: unknown): Orders {
  if (typeof keys !== 'string') return NO_ORDERS;
  if (!keys.startsWith('{')) return { '': keys.split(',') };
  const orders = parseJson(keys);
  return isJsonObject(orders) ? orders : NO_ORDERS;
}

const NO_ORDERS: Orders = {};

function inOrder(value: unknown, orders: Orders, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => inOrder(item, orders, `${path}/${index}`));
  if (!isJsonObject(value)) return value;
  const said = orders[path];
  const first: readonly unknown[] = Array.isArray(said) ? said : KEY_ORDER;
  const known = first.filter((name) => typeof name === 'string' && name in value);
  const names = [...new Set([...known, ...Object.keys(value)])];
  return Object.fromEntries(
    names.map((name) => [name, inOrder(value[String(name)], orders, `${path}/${String(name)}`)]),
  );
}

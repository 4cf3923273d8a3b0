/** An item of an input as it is kept and listed: with an id, and its content in parts. */
import type { InputItem } from './item-schema.js';
import type { CreateId, IdPrefix } from './output-item.js';
import { asSent } from './response-object.js';

/** What a client is shown of it. Its `id` is its own where it has one. */
export type StoredItem = Readonly<Record<string, unknown>> & { readonly id: string };

export function toStoredItem(item: InputItem, createId: CreateId): StoredItem {
  const id = item.id || createId(prefixOf(item));
  if (item.type === 'other') return { ...item.item, id };
  if (item.type === 'additional_tools') return { ...item, id, tools: (item.tools ?? []).map(asSent) };
  if (item.type !== 'message') return { ...item, id };
  const type = item.role === 'assistant' ? 'output_text' : 'input_text';
  const content = typeof item.content === 'string' ? [{ type, text: item.content }] : (item.content ?? []);
  return { status: 'completed', ...item, id, content };
}

function prefixOf(item: InputItem): IdPrefix {
  switch (item.type) {
    case 'message':
      return 'msg';
    case 'reasoning':
      return 'rs';
    case 'function_call':
      return 'fc';
    case 'function_call_output':
      return 'fco';
    case 'custom_tool_call':
      return 'ctc';
    case 'custom_tool_call_output':
      return 'ctco';
    case 'item_reference':
    case 'additional_tools':
    case 'other':
      return 'item';
    default:
      return item satisfies never;
  }
}

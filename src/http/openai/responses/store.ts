/** The responses that clients may come back to. */
import type { InputItem, InputPart, ItemOf } from './item-schema.js';
import type { CreateId, IdPrefix, OutputItem } from './output-item.js';
import { asSent, type ResponseObject } from './response-object.js';

/** An item of an input as it is kept and listed: with an id, its own where it has one, and its content in parts. */
export type StoredItem = Readonly<Record<string, unknown>> & { readonly id: string };

export interface StoredResponse {
  readonly response: ResponseObject;
  /** The input of its own request, without that of the responses before it. */
  readonly input: readonly StoredItem[];
  /** What the input weighs (`weigh`), where a thread has found that out. */
  readonly inputWeight?: number | undefined;
}

/** What one API key has made, and may see. Nothing here rejects. */
export interface KeptResponses {
  keep(stored: StoredResponse): Promise<void>;
  get(id: string): Promise<StoredResponse | undefined>;
  /** False: there was none. */
  delete(id: string): Promise<boolean>;
  /** An item of any response that is kept, be it of its input or its output. */
  item(id: string): Promise<StoredItem | OutputItem | undefined>;
}

export interface ResponseStore {
  /** All who come without a key are one. */
  of(keyId: string | undefined): KeptResponses;
}

const DAY_MS = 86_400_000;
/** How long a response can be come back to. */
export const MAX_AGE_MS = 30 * DAY_MS;

/** All items of a response by whose ids it can be referred to. */
export function itemsOf({ input, response }: StoredResponse): readonly (StoredItem | OutputItem)[] {
  return [...input, ...response.output];
}

export function toStoredItem(item: InputItem, createId: CreateId): StoredItem {
  const id = item.id || createId(prefixOf(item));
  if (item.type === 'other') return { ...item.item, id };
  if (item.type === 'additional_tools' || item.type === 'tool_search_output')
    return { ...item, id, tools: (item.tools ?? []).map(asSent) };
  if (item.type === 'function_call_output' || item.type === 'custom_tool_call_output')
    return { ...item, id, ...(isParts(item.output) ? { output: item.output.map(partAsSent) } : {}) };
  if (item.type !== 'message') return { ...item, id };
  const type = item.role === 'assistant' ? 'output_text' : 'input_text';
  const content =
    typeof item.content === 'string' ? [{ type, text: item.content }] : (item.content ?? []).map(partAsSent);
  return { status: 'completed', ...item, id, content };
}

function isParts(output: ItemOf<'function_call_output'>['output']): output is InputPart[] {
  return Array.isArray(output);
}

function partAsSent(part: InputPart): object {
  return part.type === 'other' ? part.part : part;
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
    case 'tool_search_call':
      return 'tsc';
    case 'tool_search_output':
      return 'tso';
    case 'compaction':
      return 'cmp';
    case 'compaction_trigger':
    case 'item_reference':
    case 'additional_tools':
    case 'configuration_update':
    case 'other':
      return 'item';
    default:
      return item satisfies never;
  }
}

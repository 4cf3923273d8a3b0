/** Puts together what a request is about: the responses before it, and its own input with every reference resolved. */
import { Fault } from '../../../core/fault.js';
import { leftOut } from '../../../core/request.js';
import type { ResponsesFields } from './body-schema.js';
import { readCompaction, type Seal } from './compaction.js';
import type { StoredConversation } from './conversations.js';
import { type InputItem, inputItem } from './item-schema.js';
import type { KeptResponses, StoredResponse } from './store.js';
import type { ContextItem } from './to-messages.js';

export interface ResolvedInput {
  /** The whole context, oldest first. */
  readonly context: readonly ContextItem[];
  /** The same as they were sent and kept: compactions are as they were given out. */
  readonly items: readonly InputItem[];
  /** The request's own items, none of them a reference. */
  readonly own: readonly InputItem[];
  /** The id of the first response of the chain that this request goes on with, or of its conversation. */
  readonly chain: string | undefined;
}

/**
 * Rejects with `bad-request` for a `previous_response_id` or a last item that is not kept (any more), and where there is no
 * input and nothing else to answer. Instructions and tools are not taken over from earlier responses
 * (src/http/openai/README.md, "Kept responses").
 */
export async function resolveInput(
  body: ResponsesFields,
  kept: KeptResponses,
  seal: Seal,
  conversation?: StoredConversation,
): Promise<ResolvedInput> {
  const earlier = body.previous_response_id ? await chainOf(body.previous_response_id, kept) : [];
  const spoken = conversation?.items.map((item) => inputItem.parse(item)) ?? earlier.flatMap(itemsOf);
  if (body.input == null && spoken.length === 0 && !body.instructions) throw missingInput();
  const own = await withoutReferences(toItems(body.input), kept);
  const remembered = fromLastCompaction(spoken);
  const param = conversation === undefined ? 'previous_response_id' : 'conversation';
  const before = remembered.map((item) => ({ item: readCompaction(item, param, seal), param }));
  const asked = own.map((item, index) => readCompaction(item, `input[${index}]`, seal));
  const items = [...remembered, ...own];
  return {
    context: [...before, ...asContext(asked)],
    items,
    own,
    chain: conversation?.id ?? earlier[0]?.response.id,
  };
}

/** The items, each reference replaced by what it refers to. Rejects with `bad-request` where one that ends them is not kept. */
export async function withoutReferences(
  items: readonly InputItem[],
  kept: KeptResponses,
): Promise<readonly InputItem[]> {
  const own: InputItem[] = [];
  const lastOther = items.findLastIndex(({ type }) => type !== 'item_reference');
  for (const [index, item] of items.entries())
    own.push(item.type === 'item_reference' ? await find(item.id, kept, index < lastOther) : item);
  return own;
}

/** The whole context of a request that needs nothing kept or opened; undefined for one that does, and for one without input. */
export function contextOf({
  previous_response_id,
  conversation,
  input,
}: ResponsesFields): readonly ContextItem[] | undefined {
  if (previous_response_id || conversation != null || input == null) return undefined;
  const items = toItems(input);
  return items.some(({ type }) => type === 'item_reference' || type === 'compaction')
    ? undefined
    : asContext(items);
}

/** What a chain was compacted to stands for all before it. */
function fromLastCompaction(items: readonly InputItem[]): readonly InputItem[] {
  const at = items.findLastIndex(({ type }) => type === 'compaction');
  return at === -1 ? items : items.slice(at);
}

function asContext(own: readonly InputItem[]): readonly ContextItem[] {
  return own.map((item, index) => ({ item, param: `input[${index}]` }));
}

export function toItems(input: ResponsesFields['input']): readonly InputItem[] {
  if (typeof input !== 'string') return input ?? [];
  return [{ type: 'message', role: 'user', content: input }];
}

/** The response with this id and all before it, oldest first. */
async function chainOf(id: string, kept: KeptResponses): Promise<readonly StoredResponse[]> {
  const chain: StoredResponse[] = [];
  const ids = new Set<string>();
  for (let next: string | null = id; next !== null; ) {
    const stored = await kept.get(next);
    // Of a chain that comes back to itself there is no first one.
    if (!stored || ids.has(next)) throw previousNotFound(next);
    ids.add(next);
    chain.push(stored);
    next = stored.response.previous_response_id;
  }
  return chain.reverse();
}

function itemsOf({ input, response }: StoredResponse): readonly InputItem[] {
  return [...input, ...response.output].map((item) => inputItem.parse(item));
}

/** @param isHistory true where other items follow: what is gone is a line of text there, as its client sends it again each time */
async function find(id: string, kept: KeptResponses, isHistory: boolean): Promise<InputItem> {
  const item = await kept.item(id);
  if (item) return inputItem.parse(item);
  if (isHistory) {
    const { text } = leftOut('An item of an earlier answer', 'it is not kept here any more');
    return { type: 'message', role: 'assistant', content: text };
  }
  const message = `Item with id '${shortened(id)}' not found. Items are not kept when 'store' is false, nor for ever: send the item itself.`;
  throw new Fault('bad-request', message, { param: 'input' });
}

function previousNotFound(id: string): Fault {
  return new Fault('bad-request', `Previous response with id '${shortened(id)}' not found.`, {
    param: 'previous_response_id',
    reason: 'previous_response_not_found',
  });
}

/** Ids of ours are shorter than this; a client may send anything. */
const MAX_SHOWN_CHARACTERS = 64;

function shortened(id: string): string {
  return id.length <= MAX_SHOWN_CHARACTERS ? id : `${id.slice(0, MAX_SHOWN_CHARACTERS).toWellFormed()}…`;
}

export function missingInput(): Fault {
  return new Fault('bad-request', "Missing required parameter: 'input'.", {
    param: 'input',
    reason: 'missing_required_parameter',
  });
}

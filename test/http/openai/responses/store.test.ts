import { describe, expect, it } from 'vitest';
import { inputItem } from '../../../../src/http/openai/responses/item-schema.js';
import {
  type KeptResponses,
  MemoryStore,
  STORE_LIMITS,
  type StoredResponse,
  toStoredItem,
} from '../../../../src/http/openai/responses/store.js';
import { textPart } from '../../../../src/http/openai/responses/open-items.js';
import { type PageQuery, toItemList } from '../../../../src/http/openai/responses/stored-routes.js';
import { countedIds, planOf } from './plan.js';

const DAY_MS = 86_400_000;
let now = 1;
const clock = { now: () => 0, monotonic: () => now };

/** A response with one message, `msg_N`, and an input of one item, `in_N`. */
function stored(n: number, size = 0): StoredResponse {
  const content = [textPart('x'.repeat(size))];
  const message = {
    id: `msg_${n}`,
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content,
  } as const;
  return {
    response: { ...planOf().start, id: `resp_${n}`, output: [message] },
    input: [{ id: `in_${n}`, type: 'message', role: 'user', content: [] }],
  };
}

async function present(kept: KeptResponses): Promise<readonly number[]> {
  const found: number[] = [];
  for (const n of [1, 2, 3]) if (await kept.get(`resp_${n}`)) found.push(n);
  return found;
}

describe('the store', () => {
  it('keeps responses, and finds the items of their inputs and outputs', async () => {
    const kept = new MemoryStore(clock).of(undefined);
    await kept.keep(stored(1));
    expect((await kept.get('resp_1'))?.response.id).toBe('resp_1');
    expect(await kept.item('msg_1')).toMatchObject({ role: 'assistant' });
    expect(await kept.item('in_1')).toMatchObject({ role: 'user' });
    expect([await kept.get('resp_2'), await kept.item('msg_2')]).toEqual([undefined, undefined]);
  });

  it('shows a key nothing that another one made', async () => {
    const store = new MemoryStore(clock);
    await store.of('key1').keep(stored(1));
    for (const other of [store.of('key2'), store.of(undefined)]) {
      expect([await other.get('resp_1'), await other.item('msg_1'), await other.delete('resp_1')]).toEqual([
        undefined,
        undefined,
        false,
      ]);
    }
    expect(await store.of('key1').get('resp_1')).toBeDefined();
  });

  it('forgets what is deleted, with its items', async () => {
    const store = new MemoryStore(clock);
    const kept = store.of('key');
    await kept.keep(stored(1));
    expect(await kept.delete('resp_1')).toBe(true);
    expect(await kept.delete('resp_1')).toBe(false);
    expect([await kept.get('resp_1'), await kept.item('msg_1'), store.items]).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });

  it('is bounded by number: what was used least recently goes first', async () => {
    const store = new MemoryStore(clock, { ...STORE_LIMITS, maxResponses: 2 });
    const kept = store.of(undefined);
    await kept.keep(stored(1));
    await kept.keep(stored(2));
    await kept.get('resp_1');
    await kept.keep(stored(3));
    expect(await present(kept)).toEqual([1, 3]);
    expect([store.size, store.items]).toEqual([2, 4]);
  });

  it('is bounded by bytes, and does not keep what is too large alone', async () => {
    const store = new MemoryStore(clock, { ...STORE_LIMITS, maxBytes: 25_000 });
    const kept = store.of(undefined);
    for (const n of [1, 2, 3]) await kept.keep(stored(n, 10_000));
    expect(await present(kept)).toEqual([2, 3]);
    await kept.keep(stored(4, 30_000));
    expect([await kept.get('resp_4'), await kept.item('msg_4'), store.items]).toEqual([
      undefined,
      undefined,
      4,
    ]);
  });

  it('is bounded by age: 30 days', async () => {
    const kept = new MemoryStore(clock).of(undefined);
    await kept.keep(stored(1));
    now += 30 * DAY_MS - 1;
    expect(await kept.item('msg_1')).toBeDefined();
    now += 2;
    expect([await kept.get('resp_1'), await kept.item('msg_1')]).toEqual([undefined, undefined]);
  });

  it('finds an item that several responses hold in the newest of them', async () => {
    const kept = new MemoryStore(clock).of(undefined);
    const again = { ...stored(1), response: { ...stored(1).response, id: 'resp_9' } };
    await kept.keep(stored(1));
    await kept.keep(again);
    await kept.delete('resp_1');
    expect(await kept.item('msg_1')).toBeDefined();
  });
});

describe('an item of an input', () => {
  it.each([
    [
      { role: 'user', content: 'hi' },
      {
        id: 'msg_1',
        type: 'message',
        role: 'user',
        status: 'completed',
        content: [{ type: 'input_text', text: 'hi' }],
      },
    ],
    [
      { role: 'assistant', content: 'hi' },
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'hi' }],
      },
    ],
    [
      { id: 'msg_x', role: 'user', content: [] },
      { id: 'msg_x', type: 'message', role: 'user', status: 'completed', content: [] },
    ],
    [
      { type: 'function_call_output', call_id: 'a', output: 'x' },
      { id: 'fco_1', type: 'function_call_output', call_id: 'a', output: 'x' },
    ],
    [
      { type: 'custom_tool_call', call_id: 'a', name: 'f', input: '' },
      { id: 'ctc_1', type: 'custom_tool_call', call_id: 'a', name: 'f', input: '' },
    ],
    [
      { type: 'reasoning', summary: [] },
      { id: 'rs_1', type: 'reasoning', summary: [] },
    ],
    [
      { type: 'web_search_call', id: 'ws_1', action: {} },
      { id: 'ws_1', type: 'web_search_call', action: {} },
    ],
    [
      { type: 'compaction', encrypted_content: 'x' },
      { id: 'cmp_1', type: 'compaction', encrypted_content: 'x' },
    ],
    [
      { type: 'additional_tools', role: 'developer', tools: [{ type: 'web_search', a: 1 }] },
      {
        id: 'item_1',
        type: 'additional_tools',
        role: 'developer',
        tools: [{ type: 'web_search', a: 1 }],
      },
    ],
  ])('%j is kept with an id and parts', (sent, kept) => {
    expect(toStoredItem(inputItem.parse(sent), countedIds())).toEqual(kept);
    expect(inputItem.safeParse(kept).success).toBe(true);
  });
});

describe('a page of items', () => {
  const items = ['a', 'b', 'c'].map((id) => ({ id }));
  const page = (query: Partial<PageQuery>) => toItemList(items, { limit: 20, order: 'desc', ...query });

  it('begins with the newest, and says whether there are more', () => {
    expect(page({})).toEqual({
      object: 'list',
      data: [{ id: 'c' }, { id: 'b' }, { id: 'a' }],
      first_id: 'c',
      last_id: 'a',
      has_more: false,
    });
    expect(page({ order: 'asc', limit: 2 })).toMatchObject({ first_id: 'a', last_id: 'b', has_more: true });
    expect(page({ limit: 3 })).toMatchObject({ last_id: 'a', has_more: false });
    expect(page({ order: 'asc', limit: 2, after: 'b' })).toMatchObject({
      data: [{ id: 'c' }],
      has_more: false,
    });
    expect(page({ after: 'a' })).toMatchObject({ data: [], first_id: null, last_id: null, has_more: false });
  });

  it('does not begin after an item that is not there', () => {
    expect(() => page({ after: 'x' })).toThrow(
      expect.objectContaining({ code: 'bad-request', param: 'after' }),
    );
  });
});

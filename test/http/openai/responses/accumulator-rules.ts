/**
 * What the accumulators of the SDKs insist on (src/http/openai/README.md, "What SDK helpers insist on"), each rule as a
 * check of a whole stream.
 */
import { expect } from 'vitest';
import { z } from 'zod';
import type { Frame } from './frames.js';

const item = z.looseObject({
  id: z.string().min(1),
  type: z.enum(['message', 'reasoning', 'function_call', 'custom_tool_call', 'tool_search_call', 'mcp_call']),
});
const frame = z.looseObject({
  type: z.string(),
  output_index: z.int().optional(),
  item_id: z.string().optional(),
  content_index: z.int().optional(),
  summary_index: z.int().optional(),
  delta: z.string().optional(),
  item: item.optional(),
  part: z.looseObject({ type: z.string() }).optional(),
  response: z.looseObject({ id: z.string(), status: z.string(), output: z.array(item) }).optional(),
});

type Told = z.output<typeof frame>;
type Rule = readonly [title: string, check: (told: readonly Told[]) => void];

const LIFECYCLE = ['response.created', 'response.in_progress'];
const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];
/** To which kind of item each inner event belongs. */
const HOME: Readonly<Record<string, string>> = {
  'response.output_text.delta': 'message',
  'response.output_text.done': 'message',
  'response.reasoning_text.delta': 'reasoning',
  'response.reasoning_text.done': 'reasoning',
  'response.reasoning_summary_part.added': 'reasoning',
  'response.reasoning_summary_part.done': 'reasoning',
  'response.reasoning_summary_text.delta': 'reasoning',
  'response.reasoning_summary_text.done': 'reasoning',
  'response.function_call_arguments.delta': 'function_call',
  'response.function_call_arguments.done': 'function_call',
  'response.custom_tool_call_input.delta': 'custom_tool_call',
  'response.custom_tool_call_input.done': 'custom_tool_call',
  'response.mcp_call.in_progress': 'mcp_call',
  'response.mcp_call_arguments.delta': 'mcp_call',
  'response.mcp_call_arguments.done': 'mcp_call',
  'response.mcp_call.completed': 'mcp_call',
  'response.mcp_call.failed': 'mcp_call',
};
const PARTS = ['response.content_part.added', 'response.content_part.done'];
const ITEMS = ['response.output_item.added', 'response.output_item.done'];
const KNOWN = new Set([...LIFECYCLE, ...TERMINAL, ...Object.keys(HOME), ...PARTS, ...ITEMS]);

const only = (told: readonly Told[], type: string) => told.filter((each) => each.type === type);
const within = (told: readonly Told[]) => told.filter((each) => each.item_id !== undefined);
const itemAt = (told: readonly Told[], index: number | undefined) =>
  only(told, 'response.output_item.added').find((each) => each.output_index === index)?.item;

export const rules: readonly Rule[] = [
  [
    'openai-node, openai-python: the first event is response.created and carries an output array',
    (told) => {
      expect(told[0]?.type).toBe('response.created');
      expect(told[0]?.response?.output).toEqual([]);
      expect(told[1]?.type).toBe('response.in_progress');
    },
  ],
  [
    'openai-node: no event type is one that it does not know',
    (told) => expect(told.filter(({ type }) => !KNOWN.has(type))).toEqual([]),
  ],
  [
    'openai-node: an added item stands at the end of the output',
    (told) => {
      const places = only(told, 'response.output_item.added').map((each) => each.output_index);
      expect(places).toEqual([...places.keys()]);
    },
  ],
  [
    'openai-node: item ids and call ids are there and unique',
    (told) => {
      const added = only(told, 'response.output_item.added').map((each) => each.item);
      const ids = added.map((each) => each?.id);
      expect(new Set(ids).size).toBe(ids.length);
      const callIds = added
        .filter((each) => each?.type.endsWith('_call') && each.type !== 'mcp_call')
        .map((each) => each?.['call_id']);
      expect(callIds.filter((id) => typeof id !== 'string' || id === '')).toEqual([]);
      expect(new Set(callIds).size).toBe(callIds.length);
    },
  ],
  [
    'openai-node: an inner event names an item that is there, by its id, and is of its kind',
    (told) => {
      for (const each of within(told)) {
        const home = itemAt(told, each.output_index);
        expect(each.item_id).toBe(home?.id);
        if (each.part === undefined) expect(HOME[each.type]).toBe(home?.type);
      }
    },
  ],
  [
    'openai-node, openai-python: parts come before their deltas and have the next index; reasoning_text only in reasoning',
    (told) => {
      const open = new Set<string>();
      for (const each of within(told)) {
        const position = each.content_index ?? each.summary_index;
        const place = `${each.item_id} ${each.summary_index === undefined ? 'content' : 'summary'} ${position}`;
        if (each.type.endsWith('part.added')) {
          expect(position).toBe(0);
          expect(open.has(place)).toBe(false);
          open.add(place);
          const isThought = each.part?.type !== 'output_text';
          expect(itemAt(told, each.output_index)?.type).toBe(isThought ? 'reasoning' : 'message');
        } else if (position !== undefined) expect(open.has(place)).toBe(true);
      }
    },
  ],
  [
    'openai-node: output_item.done keeps id, type and call_id',
    (told) => {
      for (const done of only(told, 'response.output_item.done')) {
        const added = itemAt(told, done.output_index);
        const identity = { id: added?.id, type: added?.type, call_id: added?.['call_id'] };
        expect({ id: done.item?.id, type: done.item?.type, call_id: done.item?.['call_id'] }).toEqual(
          identity,
        );
      }
    },
  ],
  [
    'openai-python: a call has empty arguments, or input, from the start',
    (told) => {
      for (const { item: added } of only(told, 'response.output_item.added')) {
        if (added?.type === 'function_call') expect(added['arguments']).toBe('');
        if (added?.type === 'custom_tool_call') expect(added['input']).toBe('');
      }
    },
  ],
  [
    'openai-python: every message has a list of content',
    (told) => {
      const items = told.flatMap((each) => [
        ...(each.item ? [each.item] : []),
        ...(each.response?.output ?? []),
      ]);
      for (const each of items) if (each.type === 'message') expect(each['content']).toBeInstanceOf(Array);
    },
  ],
  [
    'openai-python: text deltas carry logprobs',
    (told) => {
      for (const each of only(told, 'response.output_text.delta')) expect(each['logprobs']).toEqual([]);
    },
  ],
  [
    '@ai-sdk/openai: a call that is done has id, call_id, name, arguments and the literal status completed',
    (told) => {
      for (const { item: done } of only(told, 'response.output_item.done')) {
        if (done?.type !== 'function_call') continue;
        expect(done).toMatchObject({ status: 'completed', name: expect.any(String) });
        expect(done['arguments']).toSatisfy((text) => typeof text === 'string' && text.trim() !== '');
      }
    },
  ],
  [
    '@ai-sdk/openai: completed and incomplete carry usage; no snapshot before them does',
    (told) => {
      for (const each of told) {
        if (each.response === undefined) continue;
        const counts = { input_tokens: expect.any(Number), output_tokens: expect.any(Number) };
        const isCounted = each.type === 'response.completed' || each.type === 'response.incomplete';
        if (isCounted) expect(each.response['usage']).toMatchObject(counts);
        else expect(each.response['usage']).toBeNull();
      }
    },
  ],
  [
    'the Agents SDK, Codex: exactly one terminal event, and it is the last',
    (told) => {
      expect(told.filter(({ type }) => TERMINAL.includes(type))).toEqual([told.at(-1)]);
      expect(told.at(-1)?.type).toBe(`response.${told.at(-1)?.response?.status}`);
    },
  ],
  [
    'items come one after another: the done ones, in order, are the output',
    (told) => {
      const done = only(told, 'response.output_item.done');
      expect(done.map((each) => each.output_index)).toEqual([...done.keys()]);
      expect(told.at(-1)?.response?.output).toEqual(done.map((each) => each.item));
      let open: number | undefined;
      for (const each of told) {
        if (each.type === 'response.output_item.added') {
          expect(open).toBeUndefined();
          open = each.output_index;
        } else if (each.output_index !== undefined) expect(each.output_index).toBe(open);
        if (each.type === 'response.output_item.done') open = undefined;
      }
    },
  ],
  [
    'what is done is the deltas joined',
    (told) => {
      for (const done of told.filter((each) => each.item_id !== undefined && each.type.endsWith('.done'))) {
        if (done.part !== undefined) continue;
        const type = done.type.replace(/done$/, 'delta');
        const deltas = only(told, type).filter((each) => each.item_id === done.item_id);
        const whole = done['text'] ?? done['arguments'] ?? done['input'];
        expect(deltas.map((each) => each.delta).join('')).toBe(whole);
      }
    },
  ],
];

/** Reads what the rules look at. */
export function toTold(frames: readonly Frame[]): readonly Told[] {
  return frames.map((each) => frame.parse(each));
}

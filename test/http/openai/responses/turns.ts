/** Turns as the conversation may tell them, and the requests that they answer: one of each kind, and any at all. */
import fc from 'fast-check';
import type { Event, FinishReason } from '../../../../src/core/event.js';
import { Fault } from '../../../../src/core/fault.js';
import { arbitraryText, arbitraryTurn } from '../../../arbitrary-turn.js';
import { call, type planOf, ran, say, stop, think, usage } from './plan.js';

const get_weather = { type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} } };
const apply_patch = {
  type: 'custom',
  name: 'apply_patch',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
};
const files = {
  type: 'namespace',
  name: 'files',
  description: 'Files',
  tools: [{ type: 'function', name: 'read' }, { type: 'custom', name: 'write' }, { type: 'web_search' }],
};
export const tools = [get_weather, apply_patch, files, { type: 'web_search', search_context_size: 'low' }];

const end = (reason: FinishReason): Event => ({ type: 'finish', reason, usage });
export const fault: Event = { type: 'fault', fault: new Fault('worker-error', 'no credit') };

export interface Turn {
  readonly name: string;
  readonly events: readonly Event[];
  readonly fields?: object;
  readonly style?: NonNullable<Parameters<typeof planOf>[1]>;
}

export const turns: readonly Turn[] = [
  { name: 'text', events: [{ type: 'ready' }, say('Hel'), say('lo'), stop] },
  { name: 'nothing', events: [stop] },
  { name: 'reasoning-then-text', events: [think('Let me '), think('see.'), say('4'), stop] },
  {
    name: 'summary-then-text',
    events: [think('Let me '), think('see.'), say('4'), stop],
    fields: { reasoning: { effort: 'low', summary: 'auto' } },
    style: { form: 'summary', withEncrypted: true },
  },
  {
    name: 'tool-call',
    events: [call('call_a', 'get_weather', '{"city":"Paris"}'), stop],
    fields: { tools: [get_weather] },
  },
  {
    name: 'two-parallel-calls',
    events: [call('call_a', 'get_weather', '{"city":"Paris"}'), call('call_b', 'get_weather', ''), stop],
    fields: { tools: [get_weather] },
  },
  {
    name: 'text-tool-text',
    events: [say('Looking.'), call('call_a', 'get_weather', '{}'), say('Still here.'), stop],
    fields: { tools: [get_weather] },
  },
  {
    name: 'tool-search',
    events: [call('call_a', 'tool_search', '{"query":"calendar"}'), stop],
    fields: { tools: [{ type: 'tool_search', execution: 'client' }] },
  },
  {
    name: 'custom-tool',
    events: [call('call_a', 'apply_patch', '{"input":"*** Begin"}'), stop],
    fields: { tools: [apply_patch] },
  },
  {
    name: 'namespace',
    events: [
      call('call_a', 'files__read', '{"path":"a"}'),
      call('call_b', 'files__write', '{"input":"b"}'),
      stop,
    ],
    fields: { tools: [files] },
  },
  {
    name: 'mcp-call',
    events: [
      say('Looking.'),
      ran({ input: '{"path":"a"}', output: 'the text' }),
      ran({ name: 'gone', server: 'hum', input: '{}', output: 'no such file', isError: true }),
      { type: 'text-delta', text: '\n\n', isBreak: true },
      say('Found.'),
      stop,
    ],
  },
  { name: 'length', events: [say('Once upon'), end('length')], fields: { max_output_tokens: 2 } },
  { name: 'length-within-reasoning', events: [think('Once upon'), end('length')] },
  { name: 'length-after-a-call', events: [call('call_a', 'f', '{}'), end('length')] },
  { name: 'content-filter', events: [say('I'), end('content-filter')] },
  { name: 'fault-mid-stream', events: [say('a'), fault] },
  { name: 'fault-first-after-the-hold', events: [fault] },
];

/** A turn in batches, as the port hands it over, that ends well. */
export const anyTurn = arbitraryTurn({
  id: fc.constantFrom('', 'a', 'b', 'c', 'd'),
  name: fc.constantFrom('get_weather', 'apply_patch', 'files__read', 'files__write', 'undeclared'),
  input: fc.oneof(
    fc.constantFrom('', '{"input":"x"}', '"x"', 'not JSON', '{"input":1}'),
    fc.dictionary(arbitraryText, arbitraryText).map((value) => JSON.stringify(value)),
  ),
});

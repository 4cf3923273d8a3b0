import { describe, expect, it } from 'vitest';
import type { Event, FinishReason } from '../../../../src/core/event.js';
import { Fault } from '../../../../src/core/fault.js';
import { ChatChunks, type ChunkOptions } from '../../../../src/http/openai/chat/chat-chunks.js';
import type { ChoiceEvent } from '../../../../src/http/openai/run-turns.js';
import { readChunks, readFrames } from '../frames.js';

const envelope = { id: 'chatcmpl-1', created: 7, model: 'm' };
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const call = (id: string, input: string): Event => ({ type: 'tool-call', id, name: 'f', input });

const plain: ChunkOptions = {
  choices: 1,
  includeUsage: false,
  reasoningField: 'both',
  isLegacy: false,
  customTools: new Set(),
};

function encode(events: readonly Event[], options: Partial<ChunkOptions> = {}): string {
  return new ChatChunks(envelope, { ...plain, ...options }).encode(events);
}

const HEAD =
  'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m","system_fingerprint":null,"choices":[';
const chunk = (delta: string, rest = '') =>
  `${HEAD}{"index":0,"delta":${delta},"finish_reason":null}]${rest}}\n\n`;
const ROLE = '{"role":"assistant","content":""}';

describe('chat completion chunks', () => {
  it('are these bytes', () => {
    const reasoning: Event = { type: 'reasoning-delta', text: 'hm' };
    expect(
      encode([{ type: 'ready' }, reasoning, say('Hé'), call('c1', '{"a":1}'), call('c2', ''), stop]),
    ).toBe(
      [
        chunk(ROLE),
        chunk('{"reasoning_content":"hm","reasoning":"hm"}'),
        chunk('{"content":"Hé"}'),
        chunk(
          '{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]}',
        ),
        chunk(
          '{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"f","arguments":"{}"}}]}',
        ),
        `${HEAD}{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n`,
        'data: [DONE]\n\n',
      ].join(''),
    );
  });

  it('are these bytes with usage', () => {
    const none = ',"usage":null';
    expect(encode([say('a'), stop], { includeUsage: true })).toBe(
      [
        chunk(ROLE, none),
        chunk('{"content":"a"}', none),
        `${HEAD}{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\n\n`,
        `${HEAD}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,` +
          '"prompt_tokens_details":{"cached_tokens":1,"audio_tokens":0},"completion_tokens_details":' +
          '{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}\n\n',
        'data: [DONE]\n\n',
      ].join(''),
    );
  });

  it('show nothing until something shows', () => {
    const encoder = new ChatChunks(envelope, plain);
    expect(encoder.encode([{ type: 'ready' }, say('')])).toBe('');
    expect(encoder.encode([say('a')])).toBe(chunk(ROLE) + chunk('{"content":"a"}'));
    expect(encoder.encode([say(''), say('b')])).toBe(chunk('{"content":"b"}'));
  });

  it('name the role even in an empty answer', () => {
    expect(readChunks(encode([stop])).map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      {},
    ]);
  });

  it.each<[FinishReason, boolean, string]>([
    ['stop', false, 'stop'],
    ['length', false, 'length'],
    ['content-filter', false, 'content_filter'],
    ['tool-calls', false, 'stop'],
    ['tool-calls', true, 'tool_calls'],
    ['stop', true, 'tool_calls'],
    ['length', true, 'tool_calls'],
  ])('end with reason %s, calls: %s, as %s', (reason, hasCall, expected) => {
    const chunks = readChunks(
      encode([...(hasCall ? [call('c', '{}')] : []), { type: 'finish', reason, usage }]),
    );
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe(expected);
  });

  it('tell an error in-band, and end neither well nor with [DONE]', () => {
    const fault = new Fault('worker-error', 'no credit');
    const frames = readFrames(encode([say('a'), { type: 'fault', fault }]));
    expect(frames).toHaveLength(3);
    expect(frames.at(-1)).toBe(
      '{"error":{"message":"no credit","type":"server_error","param":null,"code":"upstream_error"}}',
    );
  });

  it.each(['x', '\u0001', '語', '😀', '"', '\u2028'])('stay below 64 KiB a line: %j', (character) => {
    const long = character.repeat(50_000);
    const input = JSON.stringify({ long });
    const stream = encode([{ type: 'reasoning-delta', text: long }, say(long), call('c', input), stop]);
    for (const frame of readFrames(stream)) expect(Buffer.byteLength(frame)).toBeLessThan(65_000);
    const deltas = readChunks(stream).map(({ choices }) => choices[0]?.delta);
    expect(deltas.map((delta) => delta?.content ?? '').join('')).toBe(long);
    expect(deltas.map((delta) => delta?.reasoning ?? '').join('')).toBe(long);
    const fragments = deltas.flatMap((delta) => delta?.tool_calls ?? []);
    expect(fragments.map((fragment) => fragment.function?.arguments).join('')).toBe(input);
    expect(fragments.filter((fragment) => 'id' in fragment || fragment.function?.name)).toHaveLength(1);
  });

  it('are these bytes where two answers come at once', () => {
    const at = (index: number, delta: string, reason = 'null') =>
      `${HEAD}{"index":${index},"delta":${delta},"finish_reason":${reason}}],"usage":null}\n\n`;
    const tagged = (choice: number, event: Event): ChoiceEvent => ({ ...event, choice });
    const events = [
      tagged(1, { type: 'ready' }),
      tagged(1, say('b')),
      tagged(0, say('a')),
      tagged(1, call('c1', '{}')),
      tagged(1, stop),
      tagged(0, call('c2', '{}')),
      tagged(0, stop),
    ];
    const called = (id: string) =>
      `{"tool_calls":[{"index":0,"id":"${id}","type":"function","function":{"name":"f","arguments":"{}"}}]}`;
    expect(encode(events, { choices: 2, includeUsage: true })).toBe(
      [
        at(0, ROLE),
        at(1, ROLE),
        at(1, '{"content":"b"}'),
        at(0, '{"content":"a"}'),
        at(1, called('c1')),
        at(1, '{}', '"tool_calls"'),
        at(0, called('c2')),
        at(0, '{}', '"tool_calls"'),
        `${HEAD}],"usage":{"prompt_tokens":6,"completion_tokens":4,"total_tokens":10,` +
          '"prompt_tokens_details":{"cached_tokens":2,"audio_tokens":0},"completion_tokens_details":' +
          '{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}\n\n',
        'data: [DONE]\n\n',
      ].join(''),
    );
  });

  it('are these bytes in the form that came before tools', () => {
    expect(encode([call('c1', '{"a":1}'), call('c2', '{}'), stop], { isLegacy: true })).toBe(
      [
        chunk(ROLE),
        chunk('{"function_call":{"name":"f","arguments":"{\\"a\\":1}"}}'),
        `${HEAD}{"index":0,"delta":{},"finish_reason":"function_call"}]}\n\n`,
        'data: [DONE]\n\n',
      ].join(''),
    );
    expect(readChunks(encode([say('a'), stop], { isLegacy: true })).at(-1)?.choices[0]?.finish_reason).toBe(
      'stop',
    );
  });

  it('give a custom tool its text', () => {
    const customTools = new Set(['f']);
    expect(encode([call('c1', '{"input":"a\\nb"}'), stop], { customTools })).toContain(
      chunk('{"tool_calls":[{"index":0,"id":"c1","type":"custom","custom":{"name":"f","input":"a\\nb"}}]}'),
    );
    const long = 'x'.repeat(30_000);
    const chunks = readChunks(encode([call('c1', JSON.stringify({ input: long })), stop], { customTools }));
    const fragments = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(fragments.map((fragment) => fragment.custom?.input).join('')).toBe(long);
    expect(fragments.slice(1).every((fragment) => Object.keys(fragment).join() === 'index,custom')).toBe(
      true,
    );
  });

  it.each([
    ['both', ['{"reasoning_content":"hm","reasoning":"hm"}']],
    ['reasoning_content', ['{"reasoning_content":"hm"}']],
    ['reasoning', ['{"reasoning":"hm"}']],
    ['none', []],
  ] as const)('hold the reasoning as %s', (reasoningField, deltas) => {
    const events: Event[] = [{ type: 'reasoning-delta', text: 'hm' }, say('a'), stop];
    expect(encode(events, { reasoningField })).toBe(
      [
        chunk(ROLE),
        ...deltas.map((delta) => chunk(delta)),
        chunk('{"content":"a"}'),
        `${HEAD}{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`,
        'data: [DONE]\n\n',
      ].join(''),
    );
  });

  it('split the arguments of the older form at the line limit too', () => {
    const input = JSON.stringify({ long: '"'.repeat(20_000) });
    const chunks = readChunks(encode([call('c', input), stop], { isLegacy: true }));
    const fragments = chunks.flatMap(({ choices }) => choices[0]?.delta.function_call ?? []);
    expect(fragments.map((fragment) => fragment.arguments).join('')).toBe(input);
    expect(fragments.filter((fragment) => fragment.name !== undefined)).toEqual([fragments[0]]);
  });
});

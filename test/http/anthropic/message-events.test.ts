import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { MessageEvents } from '../../../src/http/anthropic/message-events.js';
import { readFrames, textOf } from './frames.js';

const usage = { promptTokens: 14, completionTokens: 7, cachedTokens: 3, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const think = (text: string): Event => ({ type: 'reasoning-delta', text });
const call = (id: string, input: string): Event => ({ type: 'tool-call', id, name: 'f', input });

function create(): MessageEvents {
  return new MessageEvents({ id: 'msg_1', model: 'm"' }, { inputTokens: 25, hidesThinking: false });
}

function encode(...events: Event[]): string {
  return create().encode(events);
}

const UNTOLD =
  '"output_tokens_details":null,"server_tool_use":null,"service_tier":null,"inference_geo":null,"speed":null';
const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message",' +
  '"role":"assistant","model":"m\\"","content":[],"container":null,"context_management":null,"diagnostics":null,' +
  '"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":' +
  '{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":null,' +
  `"output_tokens":0,${UNTOLD}}}}\n\n`;
const blockStart = (index: number, block: string) =>
  `event: content_block_start\ndata: {"type":"content_block_start","index":${index},"content_block":${block}}\n\n`;
const blockDelta = (index: number, delta: string) =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${delta}}\n\n`;
const blockStop = (index: number) =>
  `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`;
const end = (reason: string) =>
  `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"${reason}","stop_sequence":null,` +
  '"stop_details":null,"container":null},"usage":{"input_tokens":11,"cache_creation_input_tokens":0,' +
  `"cache_read_input_tokens":3,"cache_creation":null,"output_tokens":7,${UNTOLD}},"context_management":null}\n\n` +
  'event: message_stop\ndata: {"type":"message_stop"}\n\n';

describe('the events of a message', () => {
  it('are these bytes for text', () => {
    expect(encode({ type: 'ready' }, say('Hé'), say('"lo"'), stop)).toBe(
      [
        START,
        blockStart(0, '{"type":"text","text":""}'),
        blockDelta(0, '{"type":"text_delta","text":"Hé"}'),
        blockDelta(0, '{"type":"text_delta","text":"\\"lo\\""}'),
        blockStop(0),
        end('end_turn'),
      ].join(''),
    );
  });

  it('are these bytes for thoughts, text and calls', () => {
    expect(encode(think('hm'), say('a'), call('t1', '{"a": 1}'), call('t2', ''), stop)).toBe(
      [
        START,
        blockStart(0, '{"type":"thinking","thinking":"","signature":""}'),
        blockDelta(0, '{"type":"thinking_delta","thinking":"hm"}'),
        blockStop(0),
        blockStart(1, '{"type":"text","text":""}'),
        blockDelta(1, '{"type":"text_delta","text":"a"}'),
        blockStop(1),
        blockStart(2, '{"type":"tool_use","id":"t1","name":"f","input":{},"caller":{"type":"direct"}}'),
        blockDelta(2, '{"type":"input_json_delta","partial_json":"{\\"a\\": 1}"}'),
        blockStop(2),
        blockStart(3, '{"type":"tool_use","id":"t2","name":"f","input":{},"caller":{"type":"direct"}}'),
        blockDelta(3, '{"type":"input_json_delta","partial_json":"{}"}'),
        blockStop(3),
        end('tool_use'),
      ].join(''),
    );
  });

  it('are these bytes for an answer of nothing', () => {
    expect(encode({ type: 'finish', reason: 'length', usage })).toBe(START + end('max_tokens'));
  });

  it('show nothing until something shows', () => {
    const encoder = create();
    expect(encoder.encode([{ type: 'ready' }, say(''), think('')])).toBe('');
    expect(encoder.encode([say('a')])).toMatch(/^event: message_start\n/);
    expect(encoder.encode([say(''), say('b')])).toBe(blockDelta(0, '{"type":"text_delta","text":"b"}'));
  });

  it('begin a new block where text goes on after a call', () => {
    const frames = readFrames(encode(say('a'), call('t', '{}'), say('b'), think('c'), stop));
    const starts = frames.flatMap((each) => (each.type === 'content_block_start' ? [each] : []));
    expect(starts.map(({ index, content_block }) => [index, content_block.type])).toEqual([
      [0, 'text'],
      [1, 'tool_use'],
      [2, 'text'],
      [3, 'thinking'],
    ]);
  });

  it('give a call an object as input, whatever the model gave', () => {
    const frames = readFrames(encode(call('t', '[1]'), call('u', 'no json'), stop));
    expect(frames.map(textOf).filter(Boolean)).toEqual(['{"input":[1]}', '{"input":"no json"}']);
  });

  it('tell an error in-band, and nothing after it', () => {
    const fault = new Fault('worker-error', 'no credit');
    const encoder = create();
    const before = encoder.encode([say('a')]);
    expect(before).toContain('content_block_delta');
    expect(encoder.encode([{ type: 'fault', fault }])).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"no credit"}}\n\n',
    );
  });

  it('are kept alive by a ping that clients know', () => {
    expect(create()).toMatchObject({
      contentType: 'text/event-stream; charset=utf-8',
      ping: 'event: ping\ndata: {"type": "ping"}\n\n',
    });
  });

  it.each(['x', '\u0001', '語', '😀', '"', '\\', '\u2028'])('stay below 64 KiB a line: %j', (character) => {
    const long = character.repeat(50_000);
    const input = JSON.stringify({ long });
    const stream = encode(think(long), say(long), call('t', input), stop);
    for (const line of stream.split('\n')) expect(Buffer.byteLength(line)).toBeLessThan(65_000);
    const frames = readFrames(stream);
    const joined = [0, 1, 2].map((index) =>
      frames.map((each) => ('index' in each && each.index === index ? textOf(each) : '')).join(''),
    );
    expect(joined).toEqual([long, long, input]);
  });
});

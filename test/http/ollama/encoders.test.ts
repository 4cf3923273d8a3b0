import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import type { StreamEncoder } from '../../../src/http/answer/respond.js';
import { CHAT_LINES, GENERATE_LINES, LineEncoder } from '../../../src/http/ollama/answers.js';
import { call, envelope, finish, reasoning, text, usage } from './encoder-input.js';
import { FixedClock } from './fixed-clock.js';

const AT_0 = '{"model":"m","created_at":"2026-08-21T10:00:00.000Z",';
const NO_TIME =
  '"total_duration":1,"load_duration":1,"prompt_eval_count":12,"prompt_eval_duration":1,"eval_count":9,"eval_duration":1}\n';

describe('the chat encoder', () => {
  it('writes the lines of a thinking turn, and its timings at the end', () => {
    const clock = new FixedClock();
    const encoder = new LineEncoder(CHAT_LINES, envelope(clock));
    clock.pass(40);
    expect(encoder.encode([{ type: 'ready' }])).toBe('');
    clock.pass(30);
    expect(encoder.encode([reasoning('Let me'), text('Hi "you"\u2028')])).toBe(
      '{"model":"m","created_at":"2026-08-21T10:00:00.070Z","message":{"role":"assistant","content":"","thinking":"Let me"},"done":false}\n' +
        '{"model":"m","created_at":"2026-08-21T10:00:00.070Z","message":{"role":"assistant","content":"Hi \\"you\\"\\u2028"},"done":false}\n',
    );
    clock.pass(120.5);
    expect(encoder.encode([finish])).toBe(
      '{"model":"m","created_at":"2026-08-21T10:00:00.190Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",' +
        '"total_duration":190500000,"load_duration":40000000,"prompt_eval_count":12,"prompt_eval_duration":30000000,"eval_count":9,"eval_duration":120500000}\n',
    );
  });

  it('joins the calls of a batch in one line and counts them over the whole answer', () => {
    const encoder = new LineEncoder(CHAT_LINES, envelope());
    expect(encoder.encode([text('a'), call('c1', '{"x":1}'), call('c2', ''), text('b')])).toBe(
      `${AT_0}"message":{"role":"assistant","content":"a"},"done":false}\n` +
        `${AT_0}"message":{"role":"assistant","content":"","tool_calls":[` +
        '{"id":"c1","function":{"index":0,"name":"f","arguments":{"x":1}}},' +
        '{"id":"c2","function":{"index":1,"name":"f","arguments":{}}}]},"done":false}\n' +
        `${AT_0}"message":{"role":"assistant","content":"b"},"done":false}\n`,
    );
    const last: Event = { type: 'finish', reason: 'tool-calls', usage };
    expect(encoder.encode([call('c3', '{}'), last])).toBe(
      `${AT_0}"message":{"role":"assistant","content":"","tool_calls":[` +
        '{"id":"c3","function":{"index":2,"name":"f","arguments":{}}}]},"done":false}\n' +
        `${AT_0}"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",${NO_TIME}`,
    );
  });

  it.each([
    ['[1,2]', { input: [1, 2] }],
    ['"x"', { input: 'x' }],
    ['null', { input: null }],
    ['{"broken', { input: '{"broken' }],
    [' ', {}],
  ])('makes an object of the arguments %j', (input, wanted) => {
    const line: unknown = JSON.parse(new LineEncoder(CHAT_LINES, envelope()).encode([call('c', input)]));
    expect(line).toMatchObject({ message: { tool_calls: [{ function: { arguments: wanted } }] } });
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool-calls', 'stop'],
    ['content-filter', 'stop'],
  ] as const)('ends a turn of reason %s with %s', (reason, doneReason) => {
    const line: unknown = JSON.parse(
      new LineEncoder(CHAT_LINES, envelope()).encode([{ type: 'finish', reason, usage }]),
    );
    expect(line).toMatchObject({ done: true, done_reason: doneReason });
  });

  it('never counts nothing', () => {
    const none = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, estimated: true };
    const lines = new LineEncoder(CHAT_LINES, envelope()).encode([
      { type: 'finish', reason: 'stop', usage: none },
    ]);
    expect(JSON.parse(lines)).toMatchObject({ prompt_eval_count: 1, eval_count: 1 });
  });

  it('tells a fault in one line and nothing after it', () => {
    const encoder = new LineEncoder(CHAT_LINES, envelope());
    const fault = new Fault('worker-error', 'it "died"');
    expect(encoder.encode([text('a'), { type: 'fault', fault }, text('b')])).toBe(
      `${AT_0}"message":{"role":"assistant","content":"a"},"done":false}\n{"error":"it \\"died\\""}\n`,
    );
    expect(encoder.encode([text('c'), finish])).toBe('');
  });

  it('words an unknown model within a stream as it does without one', () => {
    const fault = new Fault('model-not-found', 'no such thing', { param: 'x' });
    const line = new LineEncoder(CHAT_LINES, envelope()).encode([{ type: 'fault', fault }]);
    expect(line).toBe(`{"error":"model 'x' not found"}\n`);
  });

  it('splits a long delta', () => {
    const long = 'é😀'.repeat(40_000);
    const lines = new LineEncoder(CHAT_LINES, envelope())
      .encode([text(long)])
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThan(65_536);
    expect(lines.map((line) => JSON.parse(line).message.content).join('')).toBe(long);
  });

  it('asks for no ping and names its format', () => {
    const encoder: StreamEncoder = new LineEncoder(CHAT_LINES, envelope());
    expect(encoder.contentType).toBe('application/x-ndjson');
    expect(encoder.ping).toBeUndefined();
  });
});

describe('the generate encoder', () => {
  it('writes response and thinking at the top', () => {
    const encoder = new LineEncoder(GENERATE_LINES, envelope());
    expect(encoder.encode([reasoning('h'), text('a'), call('c', '{}'), finish])).toBe(
      `${AT_0}"response":"","thinking":"h","done":false}\n` +
        `${AT_0}"response":"a","done":false}\n` +
        `${AT_0}"response":"","done":false,"tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{}}}]}\n` +
        `${AT_0}"response":"","done":true,"done_reason":"stop",${NO_TIME}`,
    );
  });
});

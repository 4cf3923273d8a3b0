import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { ToneReader } from '../../src/thrum/turn/read-tones.js';

const SID = 's';

function read(
  tones: readonly Record<string, unknown>[],
  tools: readonly string[] = ['get_weather'],
  showWorkerTools = false,
) {
  const events: Event[] = [];
  const facts = {
    model: 'asked',
    toolNames: new Set(tools),
    promptCharacters: () => 40,
    showWorkerTools,
    keepsAnswer: false,
  };
  const reader = new ToneReader(facts, (event) => events.push(event));
  const known = tones.map((tone) => reader.read({ chi: 'chunk', sid: SID, ...tone }));
  return { events, known, reader };
}

const textDelta = (delta: unknown) => ({ chunkType: 'text_delta', delta, blockIdx: 1 });
const finish = (fields: Record<string, unknown>) => ({ chi: 'finish', finishReason: 'stop', ...fields });

describe('ToneReader', () => {
  it('reads the answers of a real humd', () => {
    const seen = readdirSync('test/fixtures/thrum').map((name) => {
      const tones: Tone[] = readFileSync(`test/fixtures/thrum/${name}`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter((line) => line.dir === 'in' && line.tone.sid !== undefined)
        .map((line) => line.tone);
      const shown = read(tones).events.map((event) => {
        switch (event.type) {
          case 'text-delta':
            return event.text;
          case 'reasoning-delta':
            return `(${event.text})`;
          case 'tool-call':
            return `${event.name}${event.input}`;
          case 'finish':
            return `finish ${event.reason} ${event.usage.promptTokens}/${event.usage.completionTokens}`;
          case 'fault':
            return `${event.fault.code}: ${event.fault.message}`;
          default:
            return event.type;
        }
      });
      return `${name.replace('.ndjson', '')}: ${shown.join(' | ')}`;
    });
    expect(seen).toMatchInlineSnapshot(`
      [
        "call-another-bees-tool: ",
        "cancelled: ready | t0  | t1  | t2  | t3  | t4  | t5  | worker-error: the worker ended the turn with an error",
        "error-mid-stream: ready | a | b | worker-error: model process exited",
        "length: ready | a | b | finish length 14/7",
        "no-usage: ready | a | finish stop 10/1",
        "part-dialect: ready | (hm) | a | b | finish stop 14/7",
        "permission-ask: ready | done | finish stop 14/7",
        "plain-text: ready | Hel | lo | , wörld 🌍 | finish stop 14/7",
        "reasoning-then-text: ready | (Let me ) | (think.) | The answer  | is 4. | finish stop 14/7",
        "tool-call-declared-in-hello: ready | get_weather{"city":"Paris"} | It is  | 21C. | finish tool-calls 14/7",
        "tool-call-parked-unrouted: ready | Looking. | get_weather{"city":"Paris"} | worker-error: the worker ended the turn with an error",
        "tool-use-part: ready | Looking. | get_weather{"city":"Paris"} | finish tool-calls 14/7",
        "two-tool-calls: ready | get_weather{"city":"Paris"} | get_weather{"city":"Rome"} | worker-error: the worker ended the turn with an error",
        "unknown-model: model-not-found: model 'asked' not found",
        "worker-error: ready | worker-error: credit balance is too low",
      ]
    `);
  });

  it.each([
    ['success', 'stop'],
    ['end_turn', 'stop'],
    [undefined, 'stop'],
    ['whatever', 'stop'],
    [7, 'stop'],
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['content_filter', 'content-filter'],
    ['refusal', 'content-filter'],
    ['tool_use', 'stop'],
    ['tool-use', 'stop'],
    ['tool_calls', 'stop'],
  ])('finish reason %s without a call means %s', (finishReason, reason) => {
    expect(read([textDelta('a'), finish({ finishReason })]).events.at(-1)).toMatchObject({
      type: 'finish',
      reason,
    });
  });

  it.each(['stop', 'tool_use', 'end_turn'])(
    'finish reason %s after a call means tool-calls',
    (finishReason) => {
      const part = { type: 'tool_use', toolCall: { name: 'get_weather', input: {} } };
      const { events } = read([{ index: 0, part }, finish({ finishReason })]);
      expect(events.at(-1)).toMatchObject({ reason: 'tool-calls' });
    },
  );

  it.each(['error', 'error_during_execution', 'error_max_turns'])(
    'finish reason %s is a fault',
    (finishReason) => {
      const [, end] = read([textDelta('a'), finish({ finishReason })]).events;
      expect(end).toMatchObject({ type: 'fault', fault: { code: 'worker-error' } });
    },
  );

  it('takes a non-zero exit code for an error only where nothing was said', () => {
    expect(read([finish({ exitCode: 1 })]).events).toMatchObject([
      { type: 'fault', fault: { code: 'worker-error' } },
    ]);
    expect(read([textDelta('a'), finish({ exitCode: 1 })]).events[1]).toMatchObject({ type: 'finish' });
    expect(read([finish({ exitCode: 0 })]).events).toMatchObject([{ type: 'finish' }]);
  });

  it.each([
    [
      { input_tokens: 11, cache_read_input_tokens: 3, cache_creation_input_tokens: 2, output_tokens: 7 },
      [16, 7, 3, false],
    ],
    [null, [10, 2, 0, true]],
    [{}, [10, 2, 0, true]],
    [undefined, [10, 2, 0, true]],
    [{ input_tokens: 5 }, [5, 2, 0, true]],
    [{ input_tokens: -1, output_tokens: 'x' }, [10, 2, 0, true]],
    [{ input_tokens: 5.9, output_tokens: 3 }, [10, 3, 0, true]],
  ])('counts usage %j', (usage, [promptTokens, completionTokens, cachedTokens, estimated]) => {
    const [, end] = read([textDelta('12345678'), finish({ usage })]).events;
    expect(end).toMatchObject({ usage: { promptTokens, completionTokens, cachedTokens, estimated } });
  });

  it.each([
    [{ message: "no worker bee advertises model 'x'" }, 'model-not-found', "model 'asked' not found"],
    [
      { message: 'credit balance is too low', code: 'worker_error' },
      'worker-error',
      'credit balance is too low',
    ],
    [{ message: 'over', code: 'budget', denial: {} }, 'budget-refused', 'over'],
    [{ message: 'pay', code: 402 }, 'payment-required', 'pay'],
    [{ message: 'pay', code: '402' }, 'payment-required', 'pay'],
    [{}, 'worker-error', 'the worker failed without saying why'],
    [{ message: { a: 1 } }, 'worker-error', 'the worker failed without saying why'],
  ])('error tone %j is %s', (fields, code, message) => {
    expect(read([{ chi: 'error', ...fields }]).events).toMatchObject([{ fault: { code, message } }]);
  });

  it.each([
    ['get_weather', { city: 'Paris' }, 'get_weather', '{"city":"Paris"}'],
    ['mcp__hum__get_weather', '{"city":"Paris"}', 'get_weather', '{"city":"Paris"}'],
    ['mcp__my__server__get_weather', null, 'get_weather', '{}'],
    ['mcp__a__snake__case', '', 'snake__case', '{}'],
  ])('gives the call %s to the client as its own tool', (name, args, plain, input) => {
    const { events, reader } = read(
      [{ chi: 'tool-call', callId: 'c1', name, toolName: name, args }],
      ['get_weather', 'snake__case'],
    );
    expect(events).toEqual([
      { type: 'tool-call', id: expect.stringMatching(/^call_[0-9a-f]{32}$/), name: plain, input },
    ]);
    expect(reader.hasWaitingCalls).toBe(true);
  });

  it.each(['read_file', 'mcp__hum__read_file', 'xmcp__hum__get_weather', 'mcp__get_weather'])(
    'keeps the call %s, which the request did not declare, from the client',
    (name) => {
      const { events, reader } = read([
        { chi: 'tool-call', callId: 'c1', name, args: {} },
        { index: 0, part: { type: 'tool_use', toolCall: { name, input: {} } } },
      ]);
      expect(events).toEqual([]);
      expect(reader.hasWaitingCalls).toBe(false);
    },
  );

  it('does not park on a tool_use part, and makes an id where it has none', () => {
    const { events, reader } = read([
      { index: 0, part: { type: 'tool_use', toolCall: { name: 'get_weather', input: { a: 1 } } } },
    ]);
    expect(events).toMatchObject([
      { type: 'tool-call', id: expect.stringMatching(/^call_[0-9a-f]{32}$/), input: '{"a":1}' },
    ]);
    expect(reader.hasWaitingCalls).toBe(false);
  });

  it('waits for a further call whose input is on its way', () => {
    const start = { chunkType: 'tool_input_start', toolCallId: 'c2', toolName: 'get_weather', blockIdx: 3 };
    const call = (callId: string) => ({ chi: 'tool-call', callId, name: 'get_weather', args: {} });
    const hasOpenInputs = (...tones: Record<string, unknown>[]) => read(tones).reader.hasOpenInputs;
    expect(hasOpenInputs(call('c1'), start)).toBe(true);
    expect(hasOpenInputs(call('c1'), start, call('c2'))).toBe(false);
    expect(hasOpenInputs(call('c1'), start, { chunkType: 'content_block_stop', blockIdx: 3 })).toBe(false);
    expect(hasOpenInputs(call('c1'), { ...start, toolName: 'read_file' })).toBe(false);
  });

  it('takes a gap in the index of parts for lost output, and a restart or a repetition for none', () => {
    const part = (index: number) => ({ index, part: { type: 'text', text: `${index}` } });
    expect(read([part(0), part(2)]).events[1]).toMatchObject({
      type: 'fault',
      fault: { code: 'output-lost' },
    });
    expect(
      read([part(0), part(1), part(1), part(0), part(1)]).events.map((event) => event.type),
    ).not.toContain('fault');
  });

  it('passes over what shows nothing, and reports a chi that nobody knows', () => {
    const { events, known } = read([
      { chi: 'pulse' },
      { chi: 'permission-ask' },
      { chi: 'tool-info' },
      { chunkType: 'tool_call', toolCallId: 'c', toolName: 'get_weather', input: {} },
      { chunkType: 'tool_executed', callId: 'c' },
      { chunkType: 'text_start' },
      { chunkType: 'something new' },
      textDelta(''),
      textDelta(null),
      textDelta(5),
      { part: null },
      { part: 'x' },
      { part: { type: 'tool_use', toolCall: null } },
      { chi: 'never-heard-of' },
    ]);
    expect(events).toEqual([]);
    expect(known.slice(0, -1)).not.toContain(false);
    expect(known.at(-1)).toBe(false);
  });

  it('tells of tools on the worker’s side as reasoning where that is wanted, and never as calls', () => {
    const tones = [
      { chunkType: 'tool_executed', callId: 'c1', toolName: 'read_file', output: 'secret', isError: false },
      { chi: 'tool-info', callId: 'c2', toolName: 'mcp__fs__write_file', isError: true },
      { chunkType: 'tool_executed', callId: 'c3', toolName: 'get_weather', output: '21C' },
      { chi: 'permission-ask', toolName: 'bash' },
    ];
    expect(read(tones).events).toEqual([]);
    expect(read(tones, ['get_weather'], true).events).toEqual([
      { type: 'reasoning-delta', text: '[read_file]\n' },
      { type: 'reasoning-delta', text: '[mcp__fs__write_file failed]\n' },
    ]);
  });
});

describe('an answer that is cut by its length', () => {
  const LIMIT = 10;
  const call = { chi: 'tool-call', callId: 'c', name: 'get_weather', args: {} };
  const inputStart = { chunkType: 'tool_input_start', toolCallId: 'c', toolName: 'get_weather', blockIdx: 2 };

  /** The texts of an answer, and the reason of its end where it has one. */
  function cut(...tones: readonly Record<string, unknown>[]) {
    const events: Event[] = [];
    const facts = {
      model: 'asked',
      toolNames: new Set(['get_weather']),
      promptCharacters: () => 40,
      showWorkerTools: false,
      keepsAnswer: false,
      maxOutputCharacters: LIMIT,
    };
    const reader = new ToneReader(facts, (event) => events.push(event));
    for (const tone of tones) reader.read({ chi: 'chunk', sid: SID, ...tone });
    return events.flatMap((event) => {
      if (event.type === 'text-delta' || event.type === 'reasoning-delta') return [event.text];
      return event.type === 'finish' ? [`(${event.reason})`] : [];
    });
  }

  it.each([
    ['is whole up to there', [textDelta('0123456789')], ['0123456789']],
    [
      'ends with the reason behind it',
      [textDelta('01234'), textDelta('56789abc')],
      ['01234', '56789', '(length)'],
    ],
    [
      'ends where nothing has room any more',
      [textDelta('0123456789'), textDelta('a')],
      ['0123456789', '(length)'],
    ],
    [
      'counts thoughts',
      [{ chunkType: 'reasoning_delta', delta: '012345678' }, textDelta('9a')],
      ['012345678', '9', '(length)'],
    ],
    ['never ends within a character', [textDelta('012345678😀')], ['012345678', '(length)']],
  ])('%s', (_, tones, expected) => {
    expect(cut(...tones)).toEqual(expected);
  });

  it('ends at once where it was let grow for a call that never came', () => {
    const stop = { chunkType: 'content_block_stop', blockIdx: 2 };
    expect(cut(inputStart, textDelta('0123456789abc'), stop, textDelta('never seen'))).toEqual([
      '0123456789abc',
      '(length)',
    ]);
  });

  it('is not cut beside a call, which its client answers', () => {
    expect(cut(inputStart, textDelta('01234567890'))).toEqual(['01234567890']);
    expect(cut(call, textDelta('01234567890'))).toEqual(['01234567890']);
  });
});

describe('an answer that goes on behind results', () => {
  const facts = {
    model: 'asked',
    toolNames: new Set(['get_weather']),
    promptCharacters: () => 40,
    showWorkerTools: false,
    keepsAnswer: true,
  };
  const call = (callId: string) => ({ chi: 'tool-call', callId, name: 'get_weather', args: {} });

  it('is read as one of its own: its text, its usage and its calls', () => {
    const begin = { chunkType: 'text_start', blockIdx: 0 };
    const { reader, events } = read([begin, textDelta('x'.repeat(400)), call('c1')]);
    reader.finishOnCalls();
    expect(reader.calls.map(({ workerId }) => workerId)).toEqual(['c1']);
    reader.resume(facts);
    expect([reader.calls, reader.openCalls, reader.hasWaitingCalls, reader.hasOutput]).toEqual([
      [],
      [],
      false,
      false,
    ]);
    reader.read({ chi: 'chunk', sid: SID, ...begin });
    reader.read({ chi: 'chunk', sid: SID, ...textDelta('seen') });
    reader.read({ sid: SID, ...call('c2') });
    expect([reader.calls, reader.hasWaitingCalls, reader.answer]).toEqual([[], true, 'seen']);
    const { completionTokens } = Object(reader.finishOnCalls()).usage;
    expect(completionTokens).toBeLessThan(20);
    expect(reader.calls.map(({ workerId }) => workerId)).toEqual(['c2']);
    expect(events.filter(({ type }) => type === 'tool-call')).toHaveLength(2);
  });

  it('begins with the calls that came while the worker waited', () => {
    const { reader } = read([call('c1')]);
    reader.finishOnCalls();
    reader.read({ sid: SID, ...call('c2') });
    expect(reader.calls.map(({ workerId }) => workerId)).toEqual(['c1']);
    reader.resume(facts);
    expect(reader.hasWaitingCalls).toBe(true);
    reader.finishOnCalls();
    expect(reader.calls.map(({ workerId }) => workerId)).toEqual(['c2']);
  });
});

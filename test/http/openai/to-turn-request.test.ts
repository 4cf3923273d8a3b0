import { describe, expect, it } from 'vitest';
import { chatBody } from '../../../src/http/openai/schema.js';
import { toTurnRequest } from '../../../src/http/openai/to-turn-request.js';
import { validate } from '../../../src/http/openai/validate.js';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUg==';
const hi = { role: 'user', content: 'hi' };
const text = (value: string) => ({ type: 'text', text: value });

function toRequest(body: object) {
  return toTurnRequest(validate(chatBody, { model: 'm', messages: [hi], ...body }));
}

function toMessages(...messages: unknown[]) {
  const request = toRequest({ messages });
  return { system: request.system, messages: request.messages };
}

describe('messages', () => {
  it('are the same for the barest request', () => {
    expect(toRequest({})).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: [text('hi')] }],
      tools: [],
      sampling: {},
    });
  });

  it('give their instructions to the system, whoever speaks them', () => {
    const { system, messages } = toMessages(
      { role: 'system', content: 'a' },
      hi,
      { role: 'developer', content: [text('b'), { type: 'input_text', text: 'c' }] },
      { role: 'system', content: null },
    );
    expect(system).toBe('a\n\nb\nc');
    expect(messages).toHaveLength(1);
  });

  it('that are instructions and nothing else are asked as a question', () => {
    expect(toMessages({ role: 'system', content: 'a' })).toEqual({
      system: undefined,
      messages: [{ role: 'user', content: [text('a')] }],
    });
  });

  it.each([[null], [undefined], [''], [[]]])('may hold nothing: %j', (content) => {
    const { messages } = toMessages(hi, { role: 'assistant', content }, { role: 'user', content });
    expect(messages.slice(1)).toEqual([
      { role: 'assistant', content: [], toolCalls: [] },
      { role: 'user', content: [] },
    ]);
  });

  it('hold text of many kinds', () => {
    const content = [
      text('a'),
      { type: 'input_text', text: 'b' },
      { type: 'output_text', text: 'c' },
      { type: 'refusal', refusal: 'd' },
      { type: 'thinking', thinking: 'hm' },
    ];
    const { messages } = toMessages({ role: 'assistant', content, refusal: 'e' });
    expect(messages[0]?.content).toEqual(['a', 'b', 'c', 'd', 'e'].map(text));
  });

  it('hold calls, with arguments as text or as the object that they stand for', () => {
    const { messages } = toMessages({
      role: 'assistant',
      tool_calls: [
        { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a": 1}' } },
        { function: { name: 'g', arguments: { b: 2 } } },
        { id: null, function: { name: 'h', arguments: '' } },
      ],
      function_call: { name: 'i' },
    });
    expect(messages[0]).toEqual({
      role: 'assistant',
      content: [],
      toolCalls: [
        { id: 'c1', name: 'f', input: '{"a": 1}' },
        { name: 'g', input: '{"b":2}' },
        { name: 'h', input: '{}' },
        { name: 'i', input: '{}' },
      ],
    });
  });

  it('hold results, by id or by name, as text, parts or an object', () => {
    const { messages } = toMessages(
      { role: 'tool', tool_call_id: 'c1', content: '21C' },
      {
        role: 'tool',
        tool_call_id: 'c2',
        name: 'g',
        content: [text('a'), { type: 'image_url', image_url: 'http://x/y' }],
      },
      { role: 'tool', content: { degrees: 21 } },
      { role: 'tool', tool_call_id: null, content: null },
      { role: 'function', name: 'f', content: 'old' },
    );
    expect(messages).toEqual([
      { role: 'tool', content: [text('21C')], toolCallId: 'c1' },
      {
        role: 'tool',
        content: [text('a'), { type: 'image', mediaType: 'image/*', url: 'http://x/y' }],
        toolCallId: 'c2',
        toolName: 'g',
      },
      { role: 'tool', content: [text('{"degrees":21}')] },
      { role: 'tool', content: [] },
      { role: 'tool', content: [text('old')], toolName: 'f' },
    ]);
  });
});

describe('images', () => {
  const image = (image_url: unknown) =>
    toMessages({ role: 'user', content: [text('a'), { type: 'image_url', image_url }] }).messages[0]
      ?.content[1];

  it.each([
    [`data:image/png;base64,${PIXEL}`, { mediaType: 'image/png', data: PIXEL }],
    [`DATA:image/SVG+xml;charset=utf-8;BASE64,${PIXEL}`, { mediaType: 'image/svg+xml', data: PIXEL }],
    ['https://example.com/a.png', { mediaType: 'image/*', url: 'https://example.com/a.png' }],
  ])('come as %s', (url, expected) => {
    expect(image(url)).toEqual({ type: 'image', ...expected });
    expect(image({ url, detail: 'high' })).toEqual({ type: 'image', ...expected });
  });

  it('may be large', () => {
    expect(image(`data:image/png;base64,${'A'.repeat(16_000_000)}`)).toMatchObject({
      mediaType: 'image/png',
    });
  });

  it.each([
    ['data:image/png;base64,iVBOR*w0', 'invalid_base64_image'],
    ['data:image/png;base64,iVBOR', 'invalid_base64_image'],
    ['data:image/png;base64,', 'invalid_base64_image'],
    ['data:image/png;base64,AA=A', 'invalid_base64_image'],
    ['data:image/png,raw', 'invalid_image_url'],
    ['data:text/plain;base64,AAAA', 'invalid_image_url'],
    ['file:///etc/passwd', 'invalid_image_url'],
    ['http://', 'invalid_image_url'],
    [PIXEL, 'invalid_image_url'],
    ['', 'invalid_image_url'],
  ])('are not %j', (url, reason) => {
    expect(() => image(url)).toThrow(
      expect.objectContaining({ code: 'bad-request', param: 'messages[0].content[1].image_url', reason }),
    );
  });
});

describe('tools', () => {
  const parameters = { type: 'object', properties: { a: { type: 'string' } } };
  const f = { type: 'function', function: { name: 'f', description: 'does', parameters, strict: true } };
  const g = { type: 'function', name: 'g', parameters: null };
  const toolF = { name: 'f', description: 'does', inputSchema: parameters };
  const toolG = { name: 'g', inputSchema: { type: 'object', properties: {} } };
  const named = { type: 'function', function: { name: 'g' } };

  it('come nested or flat, and always get a schema', () => {
    expect(toRequest({ tools: [f, g] }).tools).toEqual([toolF, toolG]);
    expect(toRequest({ tools: [] }).tools).toEqual([]);
  });

  it.each([
    [undefined, [toolF, toolG], undefined],
    ['auto', [toolF, toolG], 'auto'],
    ['required', [toolF, toolG], 'required'],
    ['none', [], undefined],
    [named, [toolG], named],
    [{ type: 'function', name: 'g' }, [toolG], named],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named] } }, [toolG], 'required'],
  ])('are chosen by %j', (tool_choice, tools, toolChoice) => {
    const request = toRequest({ tools: [f, g], tool_choice });
    expect(request.tools).toEqual(tools);
    expect(request.sampling).toEqual(toolChoice === undefined ? {} : { toolChoice });
  });

  it.each(['auto', 'none'])('need not be there for %j', (tool_choice) => {
    expect(toRequest({ tools: [], tool_choice, parallel_tool_calls: true })).toMatchObject({
      tools: [],
      sampling: {},
    });
  });

  it.each([
    ['required', []],
    [named, []],
    [named, [f]],
  ])('must be there for %j of %j', (tool_choice, tools) => {
    expect(() => toRequest({ tools, tool_choice })).toThrow(
      expect.objectContaining({ code: 'bad-request', param: 'tool_choice' }),
    );
  });

  it('may be called one by one', () => {
    expect(toRequest({ tools: [f], parallel_tool_calls: false }).sampling).toEqual({
      parallelToolCalls: false,
    });
  });
});

describe('sampling', () => {
  it.each([
    [
      { temperature: 0, top_p: 0.5, top_k: 40, min_p: 0.1 },
      { temperature: 0, topP: 0.5, topK: 40, minP: 0.1 },
    ],
    [
      { seed: 0, frequency_penalty: -2, presence_penalty: 2 },
      { seed: 0, frequencyPenalty: -2, presencePenalty: 2 },
    ],
    [{ repetition_penalty: 1.1 }, { repeatPenalty: 1.1 }],
    [{ max_tokens: 5 }, { maxTokens: 5 }],
    [{ max_tokens: 5, max_completion_tokens: 9 }, { maxTokens: 9 }],
    [{ max_tokens: 5, max_completion_tokens: null }, { maxTokens: 5 }],
    [{ stop: 'a' }, { stop: ['a'] }],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, { stop: ['a', 'b', 'c', 'd', 'e'] }],
    [{ stop: '' }, {}],
    [{ stop: [] }, {}],
    [{ reasoning_effort: 'high' }, { reasoningEffort: 'high' }],
    [{ reasoning: { effort: 'low' } }, { reasoningEffort: 'low' }],
    [{ reasoning: { enabled: false } }, { reasoningEffort: 'none' }],
    [{ reasoning_effort: 'high', reasoning: { effort: 'low' } }, { reasoningEffort: 'high' }],
  ])('%j is %j', (body, sampling) => {
    expect(toRequest(body).sampling).toEqual(sampling);
  });
});

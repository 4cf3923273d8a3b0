import { describe, expect, it } from 'vitest';
import { chatBody } from '../../../../src/http/openai/chat/schema.js';
import { toTurnRequest } from '../../../../src/http/openai/chat/read-chat.js';
import { validate } from '../../../../src/http/openai/validate.js';

const MAX_IMAGE_BYTES = 15_000_000;
const PIXEL = 'iVBORw0KGgoAAAANSUhEUg==';
const hi = { role: 'user', content: 'hi' };
const text = (value: string) => ({ type: 'text', text: value });

function toRequest(body: object) {
  return toTurnRequest(validate(chatBody, { model: 'm', messages: [hi], ...body }), {
    maxImageBytes: MAX_IMAGE_BYTES,
    imageUrls: 'pass',
  });
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

  it('give the instructions in front of them to the system, whoever speaks them, and keep later ones in their place', () => {
    const { system, messages } = toMessages(
      { role: 'system', content: 'a' },
      { role: 'developer', content: [text('b'), { type: 'input_text', text: 'c' }] },
      hi,
      { role: 'system', content: 'd' },
      { role: 'developer', content: 'e' },
      { role: 'system', content: null },
    );
    expect(system).toBe('a\n\nb\nc');
    expect(messages.slice(1)).toEqual([
      { role: 'system', content: [text('d')] },
      { role: 'system', content: [text('e')] },
    ]);
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

  it('may be as large as the configuration says, and no larger', () => {
    const base64 = `data:image/png;base64,${'A'.repeat((4 * MAX_IMAGE_BYTES) / 3 + 4)}`;
    expect(() => image(base64)).toThrow(
      expect.objectContaining({ param: 'messages[0].content[1].image_url', reason: 'image_too_large' }),
    );
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
  const toolF = { name: 'f', description: 'does', inputSchema: parameters, strict: true };
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

  const MUST =
    'You must answer by calling at least one of the tools that you are given. Do not answer in text.';
  const MUST_G = 'You must answer by calling the tool "g". Do not answer in text.';
  it.each([
    ['auto', undefined],
    ['none', undefined],
    ['required', MUST],
    [named, MUST_G],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named] } }, MUST],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [named] } }, undefined],
  ])('that must be called are asked for in words too: %j', (tool_choice, instruction) => {
    expect(toRequest({ tools: [f, g], tool_choice }).system).toBe(instruction);
    const messages = [{ role: 'system', content: 'Be brief.' }, hi];
    const { system } = toRequest({ tools: [f, g], tool_choice, messages });
    expect(system).toBe(instruction === undefined ? 'Be brief.' : `Be brief.\n\n${instruction}`);
  });

  it('may take free text, and are offered as functions of one text', () => {
    const grammar = { syntax: 'lark', definition: 'start: "a"' };
    const custom = { name: 'patch', description: 'Patches', format: { type: 'grammar', grammar } };
    const inputSchema = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };
    const description = 'Patches\n\nThe input follows this lark grammar:\nstart: "a"';
    const patch = { name: 'patch', description, inputSchema };
    const tools = [f, { type: 'custom', custom }, { type: 'custom', name: 'flat' }];
    expect(toRequest({ tools }).tools).toEqual([toolF, patch, { name: 'flat', inputSchema }]);
    const request = toRequest({ tools, tool_choice: { type: 'custom', custom: { name: 'patch' } } });
    expect(request.tools).toEqual([patch]);
    expect(request.sampling).toEqual({ toolChoice: { type: 'function', function: { name: 'patch' } } });
  });

  it('are functions where they do not say what they are', () => {
    expect(toRequest({ tools: [{ function: { name: 'g' } }, { type: null, name: 'g' }] }).tools).toEqual([
      toolG,
      toolG,
    ]);
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

describe('functions of the older form', () => {
  const f = { name: 'f', description: 'does', parameters: { type: 'object', properties: {} } };
  const g = { name: 'g' };
  const empty = { type: 'object', properties: {} };
  const toolF = { name: 'f', description: 'does', inputSchema: empty };
  const toolG = { name: 'g', inputSchema: empty };

  it.each([
    [undefined, [toolF, toolG], {}],
    ['auto', [toolF, toolG], { toolChoice: 'auto' }],
    ['none', [], {}],
    [{ name: 'g' }, [toolG], { toolChoice: { type: 'function', function: { name: 'g' } } }],
  ])('are tools, chosen by %j', (function_call, tools, sampling) => {
    expect(toRequest({ functions: [f, g], function_call })).toMatchObject({ tools, sampling });
  });

  it.each([
    [{ functions: [], function_call: 'auto' }, []],
    [{ functions: null, function_call: 'none' }, []],
    [{ functions: [], tools: [{ type: 'function', function: g }] }, [toolG]],
    [{ functions: [g], tools: [] }, [toolG]],
  ])('may be empty: %j', (body, tools) => {
    expect(toRequest(body).tools).toEqual(tools);
  });

  it.each([
    [{ functions: [g], tools: [{ type: 'function', function: g }] }, 'functions'],
    [{ function_call: { name: 'g' } }, 'function_call'],
    [{ functions: [f], function_call: { name: 'g' } }, 'function_call'],
  ])('are refused: %j', (body, param) => {
    expect(() => toRequest(body)).toThrow(expect.objectContaining({ code: 'bad-request', param }));
  });
});

describe('the format of an answer', () => {
  const schema = { type: 'object', properties: { a: { type: 'integer' } } };
  it.each([
    [undefined, undefined],
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, { schema: undefined }],
    [{ type: 'json_object', schema }, { schema }],
    [
      { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } },
      { schema, description: { name: 'x', strict: true } },
    ],
    [
      { type: 'json_schema', json_schema: { name: 'x' } },
      { schema: undefined, description: { name: 'x' } },
    ],
    [
      { type: 'json_schema', schema },
      { schema, description: { name: 'answer' } },
    ],
  ])('is %j', (response_format, format) => {
    const whole = toRequest({ response_format }).format;
    expect(whole).toEqual(format === undefined ? undefined : { ...format, delivery: 'whole' });
    const streamed = toRequest({ response_format, stream: true }).format;
    expect(streamed).toEqual(format === undefined ? undefined : { ...format, delivery: 'streamed' });
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
    [{ reasoning_effort: 'XHigh' }, { reasoningEffort: 'xhigh' }],
    [{ reasoning_effort: 'ultra' }, { reasoningEffort: 'max' }],
    [{ reasoning_effort: 'somewhat' }, {}],
    [{ reasoning_effort: '' }, {}],
    [{ reasoning: { effort: 'low' } }, { reasoningEffort: 'low' }],
    [{ reasoning: { enabled: false } }, { reasoningEffort: 'none' }],
    [{ reasoning: { enabled: true } }, { reasoningEffort: 'medium' }],
    [{ reasoning: { enabled: true, effort: 'high' } }, { reasoningEffort: 'high' }],
    [{ reasoning_effort: 'high', reasoning: { effort: 'low' } }, { reasoningEffort: 'high' }],
    [{ chat_template_kwargs: { enable_thinking: false } }, { reasoningEffort: 'none' }],
    [{ chat_template_kwargs: { enable_thinking: true } }, {}],
    [{ include_reasoning: false }, {}],
    [{ reasoning: { exclude: true } }, {}],
  ])('%j is %j', (body, sampling) => {
    expect(toRequest(body).sampling).toEqual(sampling);
  });
});

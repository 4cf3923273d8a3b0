import { describe, expect, it } from 'vitest';
import { chatBody } from '../../../src/http/openai/chat/schema.js';
import { toTurnRequest } from '../../../src/http/openai/chat/read-chat.js';
import { validate } from '../../../src/http/openai/validate.js';

const LIMITS = { maxImageBytes: 1_000, imageUrls: 'pass' } as const;
const good = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const says = (...messages: unknown[]) => ({ model: 'm', messages });
const user = (...content: unknown[]) => says({ role: 'user', content });

/** [body, param, code, message] */
const faults: readonly (readonly [object, string | undefined, string | undefined, string])[] = [
  [{}, undefined, undefined, 'you must provide a model parameter'],
  [{ ...good, model: null }, undefined, undefined, 'you must provide a model parameter'],
  [{ ...good, model: '' }, undefined, undefined, 'you must provide a model parameter'],
  [
    { ...good, model: 3 },
    'model',
    'invalid_type',
    "Invalid type for 'model': expected a string, but got an integer instead.",
  ],
  [{ model: 'm' }, 'messages', 'missing_required_parameter', "Missing required parameter: 'messages'."],
  [
    { model: 'm', messages: 'hi' },
    'messages',
    'invalid_type',
    "Invalid type for 'messages': expected an array, but got a string instead.",
  ],
  [
    says(),
    'messages',
    'empty_array',
    "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  ],
  [
    says({ content: 'hi' }),
    'messages[0].role',
    'missing_required_parameter',
    "Missing required parameter: 'messages[0].role'.",
  ],
  [
    says(good.messages[0], { role: 'bogus' }),
    'messages[1].role',
    'invalid_value',
    "Invalid value: 'bogus'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
  ],
  [
    says({ role: 'user', content: 5 }),
    'messages[0].content',
    'invalid_type',
    "Invalid type for 'messages[0].content': expected one of a string or an array, but got an integer instead.",
  ],
  [
    user({ type: 'text' }),
    'messages[0].content[0].text',
    'missing_required_parameter',
    "Missing required parameter: 'messages[0].content[0].text'.",
  ],
  [
    user({ type: 'text', text: 'a' }, { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
    'messages[0].content[1]',
    'unsupported_value',
    "Unsupported content part: 'input_audio'. Audio cannot be given to a model here; send text or images.",
  ],
  [
    user({ type: 'file', file: { file_id: 'f' } }),
    'messages[0].content[0]',
    'unsupported_value',
    "Unsupported content part: 'file'. Files cannot be given to a model here; send text or images.",
  ],
  [
    user({ type: 'video_url', video_url: { url: 'https://x/y' } }),
    'messages[0].content[0]',
    'unsupported_value',
    "Unsupported content part: 'video_url'. Videos cannot be given to a model here; send text or images.",
  ],
  [
    user({ type: 'image' }),
    'messages[0].content[0].type',
    'invalid_value',
    "Invalid value: 'image'. Supported values are: 'text', 'input_text', 'output_text', 'image_url', 'refusal', and 'thinking'.",
  ],
  [
    user({ text: 'a' }),
    'messages[0].content[0].type',
    'missing_required_parameter',
    "Missing required parameter: 'messages[0].content[0].type'.",
  ],
  [
    user({ type: 'image_url', image_url: {} }),
    'messages[0].content[0].image_url.url',
    'missing_required_parameter',
    "Missing required parameter: 'messages[0].content[0].image_url.url'.",
  ],
  [
    { ...good, tools: [{ type: 'function' }] },
    'tools[0].function',
    'missing_required_parameter',
    "Missing required parameter: 'tools[0].function'.",
  ],
  [
    { ...good, tools: [{ type: 'web_search' }] },
    'tools[0].type',
    'invalid_value',
    "Invalid value: 'web_search'. Supported values are: 'function' and 'custom'.",
  ],
  [
    { ...good, tools: [{ type: 'custom' }] },
    'tools[0].custom',
    'missing_required_parameter',
    "Missing required parameter: 'tools[0].custom'.",
  ],
  [
    { ...good, tools: ['f'] },
    'tools[0]',
    'invalid_type',
    "Invalid type for 'tools[0]': expected an object, but got a string instead.",
  ],
  [
    { ...good, tools: [{ type: 'function', function: { name: '' } }] },
    'tools[0].function.name',
    'empty_string',
    "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.",
  ],
  [
    { ...good, tool_choice: 'any' },
    'tool_choice',
    'invalid_value',
    "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
  ],
  [
    { ...good, n: '2' },
    'n',
    'invalid_type',
    "Invalid type for 'n': expected an integer, but got a string instead.",
  ],
  [
    { ...good, n: 1.5 },
    'n',
    'invalid_type',
    "Invalid type for 'n': expected an integer, but got a decimal instead.",
  ],
  [
    { ...good, n: 0 },
    'n',
    'integer_below_min_value',
    "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
  ],
  [
    { ...good, n: 129 },
    'n',
    'integer_above_max_value',
    "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.",
  ],
  [
    { ...good, temperature: -1 },
    'temperature',
    'decimal_below_min_value',
    "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
  ],
  [
    { ...good, top_p: 1.5 },
    'top_p',
    'decimal_above_max_value',
    "Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 1.5 instead.",
  ],
  [
    { ...good, max_tokens: 0 },
    'max_tokens',
    'integer_below_min_value',
    "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
  ],
  [
    { ...good, stop: ['a', 1] },
    'stop[1]',
    'invalid_type',
    "Invalid type for 'stop[1]': expected a string, but got an integer instead.",
  ],
  [
    { ...good, stream: 'true' },
    'stream',
    'invalid_type',
    "Invalid type for 'stream': expected a boolean, but got a string instead.",
  ],
  [
    { ...good, functions: [{ description: 'd' }] },
    'functions[0].name',
    'missing_required_parameter',
    "Missing required parameter: 'functions[0].name'.",
  ],
  [
    { ...good, function_call: 'any' },
    'function_call',
    'invalid_value',
    "Invalid value: 'any'. Supported values are: 'none' and 'auto'.",
  ],
  [
    {
      ...good,
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
    },
    'tool_choice.allowed_tools.tools',
    'empty_array',
    "Invalid 'tool_choice.allowed_tools.tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  ],
  [
    { ...good, response_format: { type: 'grammar', grammar: 'x' } },
    'response_format.type',
    'invalid_value',
    "Invalid value: 'grammar'. Supported values are: 'text', 'json_object', and 'json_schema'.",
  ],
  [
    { ...good, response_format: { type: 'json_schema' } },
    'response_format.json_schema',
    'missing_required_parameter',
    "Missing required parameter: 'response_format.json_schema'.",
  ],
  [
    { ...good, response_format: { type: 'json_schema', json_schema: { schema: {} } } },
    'response_format.json_schema.name',
    'missing_required_parameter',
    "Missing required parameter: 'response_format.json_schema.name'.",
  ],
  [
    { ...good, response_format: { type: 'json_schema', json_schema: { name: 'a b', schema: {} } } },
    'response_format.json_schema.name',
    'invalid_value',
    "Invalid name of a schema. Expected 1 to 64 letters, digits, '_' or '-'.",
  ],
  [
    { ...good, response_format: { type: 'json_schema', json_schema: { name: 'a', schema: [] } } },
    'response_format.json_schema.schema',
    'invalid_type',
    "Invalid type for 'response_format.json_schema.schema': expected an object, but got an array instead.",
  ],
  [
    { ...good, modalities: ['text', 'audio'] },
    'modalities',
    'unsupported_value',
    "Unsupported value: 'modalities' does not support 'audio' here. Supported values are: 'text'.",
  ],
];

describe('a body that is not what the route takes', () => {
  it.each(faults)('%j', (body, param, reason, message) => {
    expect(() => toTurnRequest(validate(chatBody, body), LIMITS)).toThrow(
      expect.objectContaining({ code: 'bad-request', param, reason, message }),
    );
  });

  it('is told of what is missing before anything is looked into', () => {
    expect(() => validate(chatBody, {})).toThrow('you must provide a model parameter');
    expect(() => validate(chatBody, { model: 3 })).toThrow("Missing required parameter: 'messages'.");
    expect(() => validate(chatBody, { messages: 1, n: 'x' })).toThrow('you must provide a model parameter');
  });

  it('is told of the first field in the order of the API', () => {
    const order = [
      'messages',
      'functions',
      'function_call',
      'tools',
      'tool_choice',
      'parallel_tool_calls',
      'max_completion_tokens',
      'n',
      'temperature',
      'top_p',
      'presence_penalty',
      'frequency_penalty',
      'seed',
      'response_format',
      'max_tokens',
      'reasoning_effort',
      'stop',
      'stream',
      'stream_options',
    ];
    for (const [index, field] of order.entries()) {
      const wrong = Object.fromEntries(order.slice(index).map((name) => [name, { not: 'it' }]));
      const body = { ...good, ...wrong, ...(field === 'stream_options' ? { stream_options: 1 } : {}) };
      expect(() => validate(chatBody, body)).toThrow(
        expect.objectContaining({ param: expect.stringMatching(new RegExp(`^${field}\\b`)) }),
      );
    }
    expect(() => validate(chatBody, { stop: 1, messages: 1, model: 'm' })).toThrow("'messages'");
    expect(() => validate(chatBody, { ...good, stop: 1, n: 'x' })).toThrow("'n'");
  });

  it('does not have long values repeated to it', () => {
    expect(() => validate(chatBody, says({ role: 'x'.repeat(65) }))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^Invalid value\. Supported values are: /) }),
    );
  });
});

describe('a body that is taken', () => {
  const optional = Object.keys(chatBody.shape).filter((key) => key !== 'model' && key !== 'messages');

  it.each(optional)('may have null for %s', (key) => {
    expect(validate(chatBody, { ...good, [key]: null })).toMatchObject(good);
  });

  it('may hold keys that nobody knows', () => {
    const extra = {
      unknown: { deep: [1] },
      logit_bias: {},
      store: false,
      service_tier: 'flex',
      prediction: { type: 'content', content: 'x' },
      verbosity: 'low',
      web_search_options: {},
      moderation: { model: 'm' },
    };
    expect(validate(chatBody, { ...good, ...extra })).toEqual(good);
  });

  it('may name a conversation in any metadata, as it is sent for other purposes too', () => {
    for (const metadata of [{ session_id: 's' }, { a: [1] }, 'text', null])
      expect(validate(chatBody, { ...good, metadata })).toEqual({ ...good, metadata });
  });

  it('may ask for a JSON answer', () => {
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema: {} } };
    expect(validate(chatBody, { ...good, response_format })).toEqual({ ...good, response_format });
  });

  it('may have a seed of 64 bits', () => {
    expect(validate(chatBody, { ...good, seed: 2 ** 62 })).toMatchObject({ seed: 2 ** 62 });
  });
});

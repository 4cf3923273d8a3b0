import { describe, expect, it } from 'vitest';
import { chatBody } from '../../../src/http/openai/schema.js';
import { validate } from '../../../src/http/openai/validate.js';

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
    user({ type: 'text', text: 'a' }, { type: 'input_audio', input_audio: {} }),
    'messages[0].content[1].type',
    'invalid_value',
    "Invalid value: 'input_audio'. Supported values are: 'text', 'input_text', 'output_text', 'image_url', 'refusal', and 'thinking'.",
  ],
  [
    user({ type: 'file', file: { file_id: 'f' } }),
    'messages[0].content[0].type',
    'invalid_value',
    "Invalid value: 'file'. Supported values are: 'text', 'input_text', 'output_text', 'image_url', 'refusal', and 'thinking'.",
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
    { ...good, tools: [{ type: 'custom', custom: { name: 'c' } }] },
    'tools[0].type',
    'invalid_value',
    "Invalid value: 'custom'. Supported values are: 'function'.",
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
    { ...good, n: 2 },
    'n',
    'unsupported_value',
    "Unsupported value: 'n' must be 1 here. Send the request several times for several answers.",
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
    { ...good, functions: [{ name: 'f' }] },
    'functions',
    'unsupported_parameter',
    "Unsupported parameter: 'functions' is not supported here. Use 'tools' instead.",
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
    expect(() => validate(chatBody, body)).toThrow(
      expect.objectContaining({ code: 'bad-request', param, reason, message }),
    );
  });

  it('is told of the first field in the order of the API', () => {
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
      metadata: {},
      user: 'u',
      logprobs: true,
      store: false,
    };
    expect(validate(chatBody, { ...good, ...extra })).toEqual(good);
  });

  it('may ask for a JSON answer', () => {
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema: {} } };
    expect(validate(chatBody, { ...good, response_format })).toMatchObject(good);
  });

  it('may have a seed of 64 bits', () => {
    expect(validate(chatBody, { ...good, seed: 2 ** 62 })).toMatchObject({ seed: 2 ** 62 });
  });
});

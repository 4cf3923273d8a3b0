import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.js';
import { countTokensBody, messagesBody } from '../../../src/http/anthropic/schema.js';
import { toTurnRequest } from '../../../src/http/anthropic/read-messages.js';
import { BODY_WORDS, validate } from '../../../src/http/anthropic/validate.js';
import { parseJsonObject } from '../../../src/http/body/parse-json-object.js';

const good = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };

function flawOf(body: object, schema: typeof messagesBody | typeof countTokensBody = messagesBody): string {
  try {
    toTurnRequest(validate(schema, body), { maxImageBytes: 1_000, imageUrls: 'pass' });
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    expect(error).toMatchObject({ code: 'bad-request' });
    return error instanceof Error ? error.message : '';
  }
  return 'nothing';
}

const block = (content: unknown) => ({ ...good, messages: [{ role: 'user', content: [content] }] });
const result = (content: unknown) => block({ type: 'tool_result', tool_use_id: 't', content });
const tool = (value: unknown) => ({ ...good, tools: [value] });

describe('a body that is refused', () => {
  it('is refused for the first thing that is wrong', () => {
    expect(flawOf({ temperature: 'hot' })).toBe('model: Field required');
    expect(flawOf({ temperature: 'hot', model: 'm' })).toBe('max_tokens: Field required');
    expect(flawOf({ temperature: 'hot', model: 'm', max_tokens: 1 })).toBe('messages: Field required');
    expect(flawOf({ ...good, temperature: 'hot' })).toBe('temperature: Input should be a valid number');
  });

  it.each([
    [{ ...good, model: '' }, 'model: String should have at least 1 character'],
    [{ ...good, model: 3 }, 'model: Input should be a valid string'],
    [{ ...good, model: null }, 'model: Input should be a valid string'],
    [{ ...good, max_tokens: -1 }, 'max_tokens: Input should be greater than or equal to 0'],
    [{ ...good, max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer'],
    [{ ...good, max_tokens: '5' }, 'max_tokens: Input should be a valid integer'],
    [{ ...good, messages: [] }, 'messages: at least one message is required'],
    [{ ...good, messages: 'hi' }, 'messages: Input should be a valid list'],
    [{ ...good, messages: ['hi'] }, 'messages.0: Input should be a valid dictionary'],
    [{ ...good, messages: [{ content: 'hi' }] }, 'messages.0.role: Field required'],
    [
      { ...good, messages: [{ role: 'tool', content: 'hi' }] },
      "messages.0.role: Input should be 'user', 'assistant' or 'system'",
    ],
    [{ ...good, messages: [{ role: 'user' }] }, 'messages.0.content: Field required'],
    [
      { ...good, messages: [{ role: 'user', content: 3 }] },
      'messages.0.content: Input should be a valid list',
    ],
    [block('hi'), 'messages.0.content.0: Input should be a valid dictionary'],
    [block({ text: 'hi' }), 'messages.0.content.0.type: Field required'],
    [
      block({ type: 3 }),
      "messages.0.content.0.type: Input should be 'text', 'image', 'document', 'tool_use' or 'tool_result'",
    ],
    [block({ type: 'text' }), 'messages.0.content.0.text: Field required'],
    [block({ type: 'text', text: 3 }), 'messages.0.content.0.text: Input should be a valid string'],
    [block({ type: 'image' }), 'messages.0.content.0.source: Field required'],
    [
      block({ type: 'image', source: { type: 'file', file_id: 'f' } }),
      "messages.0.content.0.source.type: Input should be 'base64' or 'url'",
    ],
    [
      block({ type: 'image', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } }),
      "messages.0.content.0.source.media_type: Input should be an image type like 'image/png'",
    ],
    [
      block({ type: 'document', source: { type: 'base64', media_type: 'application/zip', data: 'AAAA' } }),
      'messages.0.content.0.source.data: Input should be a PDF or a text, as valid base64',
    ],
    [block({ type: 'tool_use', name: 'f', input: {} }), 'messages.0.content.0.id: Field required'],
    [block({ type: 'tool_use', id: 't', input: {} }), 'messages.0.content.0.name: Field required'],
    [
      block({ type: 'tool_use', id: 't', name: 'f', input: '{}' }),
      'messages.0.content.0.input: Input should be a valid dictionary',
    ],
    [block({ type: 'tool_result' }), 'messages.0.content.0.tool_use_id: Field required'],
    [result([{ type: 'text' }]), 'messages.0.content.0.content.0.text: Field required'],
    [result({ a: 1 }), 'messages.0.content.0.content: Input should be a valid list'],
    [{ ...good, system: 3 }, 'system: Input should be a valid list'],
    [{ ...good, system: [{ type: 'text' }] }, 'system.0.text: Field required'],
    [tool(null), 'tools.0: Input should be a valid dictionary'],
    [tool({ input_schema: {} }), 'tools.0.name: Field required'],
    [tool({ name: '' }), 'tools.0.name: String should have at least 1 character'],
    [tool({ name: 'f', input_schema: [] }), 'tools.0.input_schema: Input should be a valid dictionary'],
    [{ ...good, tool_choice: 'auto' }, 'tool_choice: Input should be a valid dictionary'],
    [
      { ...good, tool_choice: { type: 'required' } },
      "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'",
    ],
    [{ ...good, tool_choice: { type: 'tool' } }, 'tool_choice.name: Field required'],
    [{ ...good, thinking: true }, 'thinking: Input should be a valid dictionary'],
    [{ ...good, thinking: {} }, 'thinking.type: Field required'],
    [{ ...good, temperature: 1.1 }, 'temperature: Input should be less than or equal to 1'],
    [{ ...good, top_p: -1 }, 'top_p: Input should be greater than or equal to 0'],
    [{ ...good, top_k: 1.5 }, 'top_k: Input should be a valid integer'],
    [{ ...good, stop_sequences: 'x' }, 'stop_sequences: Input should be a valid list'],
    [{ ...good, stream: 'yes' }, 'stream: Input should be a valid boolean'],
    [
      { ...good, output_config: { format: { type: 'xml' } } },
      "output_config.format.type: Input should be 'json_schema'",
    ],
  ])('%j: %s', (body, flaw) => {
    expect(flawOf(body)).toBe(flaw);
  });

  it('names the place beside the message', () => {
    expect(() => validate(messagesBody, block({ type: 'text' }))).toThrow(
      expect.objectContaining({ param: 'messages.0.content.0.text' }),
    );
  });

  it.each([
    ['', 'The request body is not valid JSON: it is empty'],
    ['{"model":"secret"', 'The request body is not valid JSON'],
    ['[]', 'The request body is not valid JSON: it should be an object'],
    ['null', 'The request body is not valid JSON: it should be an object'],
    [`{"a":${'['.repeat(64)}${']'.repeat(64)}}`, 'The request body nests deeper than 64 levels'],
  ])('is no JSON object: %s', (text, message) => {
    expect(() => parseJsonObject(text, BODY_WORDS)).toThrow(
      expect.objectContaining({ code: 'bad-request', message }),
    );
  });

  it('may nest 64 levels', () => {
    expect(parseJsonObject(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`, BODY_WORDS)).toHaveProperty('a');
  });
});

describe('a body that is taken', () => {
  const required = ['model', 'max_tokens', 'messages'];
  const optional = Object.keys(messagesBody.shape).filter((key) => !required.includes(key));

  it.each(optional)('may have null for %s', (key) => {
    expect(validate(messagesBody, { ...good, [key]: null })).toMatchObject({ model: 'm' });
  });

  it('may hold keys and blocks that nobody knows', () => {
    const extra = {
      service_tier: 'auto',
      mcp_servers: [],
      unknown: { deep: [1] },
    };
    const read = validate(messagesBody, { ...block({ type: 'brand_new', x: 1 }), ...extra });
    expect(Object.keys(read)).toEqual(['model', 'max_tokens', 'messages']);
  });

  it('may name a conversation in any metadata', () => {
    for (const metadata of [{ user_id: 'u' }, { other: 1 }, null])
      expect(validate(messagesBody, { ...good, metadata })).toMatchObject({ metadata });
  });

  it('needs no max_tokens to be counted', () => {
    const { max_tokens: _, ...rest } = good;
    expect(flawOf(rest, countTokensBody)).toBe('nothing');
    expect(flawOf({ ...rest, messages: [] }, countTokensBody)).toBe(
      'messages: at least one message is required',
    );
  });
});

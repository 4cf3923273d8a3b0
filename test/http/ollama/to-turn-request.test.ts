import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.js';
import type { TurnRequest } from '../../../src/core/request.js';
import { parseBody } from '../../../src/http/ollama/read-body.js';
import { chatBody, generateBody } from '../../../src/http/ollama/schema.js';
import {
  chatToTurnRequest,
  generateToTurnRequest,
  toFillInPrompt,
} from '../../../src/http/ollama/to-turn-request.js';

const limits = { maxImageBytes: 16 };

function chat(body: Readonly<Record<string, unknown>>): TurnRequest {
  const messages = [{ role: 'user', content: 'x' }];
  return chatToTurnRequest(parseBody(chatBody, { model: 'm', messages, ...body }), limits, 'm');
}

function generate(body: Readonly<Record<string, unknown>>): TurnRequest {
  return generateToTurnRequest(parseBody(generateBody, { model: 'm', prompt: 'x', ...body }), limits, 'm');
}

function badRequest(message: string): Fault {
  return new Fault('bad-request', message);
}

function text(value: string) {
  return { type: 'text', text: value };
}

const SIGNATURES = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]],
  ['image/jpeg', [0xff, 0xd8, 0xff, 0xe0]],
  ['image/gif', [...Buffer.from('GIF89a')]],
  ['image/webp', [...Buffer.from('RIFF\0\0\0\0WEBPVP8 ')]],
  ['image/*', [1, 2, 3]],
  ['image/*', []],
] as const;

describe('chatToTurnRequest', () => {
  it('sorts messages by role, in any case, and makes system text of those in front', () => {
    const messages = [
      { role: 'System', content: 'one' },
      { role: 'developer', content: 'two' },
      { role: 'USER', content: 'hi' },
      { role: 'Developer', content: 'three' },
      { role: 'assistant', content: 'yo', thinking: 'hm' },
      { role: 'system', content: null },
      { role: 'critic', content: 'so' },
      null,
    ];
    expect(chat({ messages })).toEqual({
      model: 'm',
      system: 'one\n\ntwo',
      messages: [
        { role: 'user', content: [text('hi')] },
        { role: 'system', content: [text('three')] },
        { role: 'assistant', content: [text('yo')], toolCalls: [], reasoning: 'hm' },
        { role: 'user', content: [text('so')] },
        { role: 'user', content: [] },
      ],
      tools: [],
      sampling: {},
      truncate: true,
    });
  });

  it('asks a history of nothing but system messages as the user', () => {
    const request = chat({ messages: [{ role: 'system', content: 'do it' }] });
    expect(request.messages).toEqual([{ role: 'user', content: [text('do it')] }]);
    expect(request.system).toBeUndefined();
  });

  it('takes tool history with and without ids and names', () => {
    const messages = [
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        tool_calls: [
          { id: 'c1', function: { index: 0, name: 'f', arguments: { b: 1, a: [2] } } },
          { function: { name: 'g' } },
        ],
      },
      { role: 'tool', content: '1', tool_call_id: 'c1', tool_name: 'f' },
      { role: 'tool', content: '2', tool_call_id: '', tool_name: null },
    ];
    expect(chat({ messages }).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [],
        toolCalls: [
          { id: 'c1', name: 'f', input: '{"b":1,"a":[2]}' },
          { name: 'g', input: '{}' },
        ],
      },
      { role: 'tool', content: [text('1')], toolCallId: 'c1', toolName: 'f' },
      { role: 'tool', content: [text('2')] },
    ]);
  });

  it.each(SIGNATURES)('knows %s by its first bytes', (mediaType, bytes) => {
    const data = Buffer.from(bytes).toString('base64');
    const images = [`${data.slice(0, 4)}\r\n${data.slice(4)}`, null];
    const [message] = chat({ messages: [{ role: 'user', content: 'see', images }] }).messages;
    expect(message?.content).toEqual([{ type: 'image', mediaType, data }, text('see')]);
  });

  it('always gives a tool an input schema, and leaves out nameless ones', () => {
    const parameters = { type: 'object', properties: null, required: ['a'], description: 'd' };
    const tools = [
      { type: 'function', function: { name: 'f', description: 'does f', parameters } },
      { function: { name: 'g', parameters: null } },
      { function: { name: 'h' } },
      { function: { name: '' } },
      null,
    ];
    expect(chat({ tools }).tools).toEqual([
      {
        name: 'f',
        description: 'does f',
        inputSchema: { type: 'object', required: ['a'], description: 'd' },
      },
      { name: 'g', inputSchema: { type: 'object', properties: {} } },
      { name: 'h', inputSchema: { type: 'object', properties: {} } },
    ]);
    expect(chat({ tools: [] }).tools).toEqual([]);
    expect(chat({ tools: null }).tools).toEqual([]);
  });
});

describe('generateToTurnRequest', () => {
  it('makes the prompt the only message, with the images', () => {
    const request = generate({ prompt: 'what?', system: 'be brief', images: ['AQID'] });
    expect(request).toEqual({
      model: 'm',
      system: 'be brief',
      messages: [
        { role: 'user', content: [{ type: 'image', mediaType: 'image/*', data: 'AQID' }, text('what?')] },
      ],
      tools: [],
      sampling: {},
      truncate: true,
    });
    expect(generate({ system: '' }).system).toBeUndefined();
  });

  it('asks for the text before a suffix, without the system text', () => {
    const request = generate({ prompt: 'f(', suffix: ')', system: 's' });
    expect(request.system).toBeUndefined();
    expect(request.messages).toEqual([{ role: 'user', content: [text(toFillInPrompt('f(', ')'))] }]);
  });
});

describe('the images of a request', () => {
  const ofBytes = (count: number) => Buffer.alloc(count, 1).toString('base64');

  it.each([14, 15, 16])('are taken at %i bytes of 16', (count) => {
    expect(() => generate({ images: [ofBytes(count)] })).not.toThrow();
  });

  it('are refused beyond, by their place in the request', () => {
    const tooLarge = (field: string) =>
      expect.objectContaining({
        code: 'bad-request',
        param: field,
        message: `${field}: the image has 17 bytes, and at most 16 are taken`,
      });
    const images = [null, ofBytes(16), `${ofBytes(17)}\n`];
    expect(() => generate({ images })).toThrow(tooLarge('images[2]'));
    const messages = [{ content: 'x' }, { role: 'user', images }];
    expect(() => chat({ messages })).toThrow(tooLarge('messages[1].images[2]'));
    const line = '[An image was here. It is left out: it cannot be given to this model.]';
    const result = chat({ messages: [...messages.slice(0, 1), { role: 'tool', images }] }).messages[1];
    expect(result?.content).toEqual([
      { type: 'image', mediaType: 'image/*', data: ofBytes(16) },
      { type: 'text', text: line },
    ]);
  });

  it('may stand in a message without text, which one client writes as an empty array', () => {
    const image = { type: 'image', mediaType: 'image/*', data: 'AQID' };
    const messages = [{ role: 'user', content: [], images: ['AQID'] }];
    expect(chat({ messages }).messages).toEqual([{ role: 'user', content: [image] }]);
  });
});

describe('the format of an answer', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' } } };

  it.each([
    ['json', undefined],
    [schema, schema],
    [{}, {}],
  ])('%j is asked for, streamed or whole', (format, wanted) => {
    expect(chat({ format }).format).toEqual({ schema: wanted, delivery: 'streamed' });
    expect(generate({ format, stream: null }).format).toEqual({ schema: wanted, delivery: 'streamed' });
    expect(generate({ format, stream: false }).format).toEqual({ schema: wanted, delivery: 'whole' });
  });

  it.each([undefined, null, ''])('%j is none', (format) => {
    expect(chat({ format }).format).toBeUndefined();
  });

  it.each([
    ['xml', '"\\"xml\\""'],
    [1, '"1"'],
    [true, '"true"'],
    [['json'], '"[\\"json\\"]"'],
  ])('%j is refused', (format, quoted) => {
    const refusal = badRequest(`invalid format: ${quoted}; expected "json" or a valid JSON Schema object`);
    expect(() => chat({ format })).toThrow(refusal);
    expect(() => generate({ format })).toThrow(refusal);
  });
});

describe('a history that may be too long', () => {
  it.each([
    [undefined, true],
    [null, true],
    [true, true],
    [false, false],
  ])('is cut, unless it may not (truncate: %j)', (truncate, wanted) => {
    expect(chat({ truncate }).truncate).toBe(wanted);
    expect(generate({ truncate }).truncate).toBe(wanted);
  });
});

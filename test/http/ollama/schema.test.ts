import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.js';
import { parseBody } from '../../../src/http/ollama/read-body.js';
import { chatBody, generateBody } from '../../../src/http/ollama/schema.js';

function textOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof Fault && error.code === 'bad-request') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const IN_CHAT = 'into Go struct field ChatRequest';
const IN_GENERATE = 'into Go struct field GenerateRequest';

describe('the chat body', () => {
  it.each([
    [[], 'array into Go value of type api.ChatRequest'],
    ['x', 'string into Go value of type api.ChatRequest'],
    [3, 'number into Go value of type api.ChatRequest'],
    [false, 'bool into Go value of type api.ChatRequest'],
    [{ model: 3 }, `number ${IN_CHAT}.model of type string`],
    [{ stream: 'yes' }, `string ${IN_CHAT}.stream of type bool`],
    [{ options: [] }, `array ${IN_CHAT}.options of type map[string]interface {}`],
    [{ top_logprobs: '3' }, `string ${IN_CHAT}.top_logprobs of type int`],
    [{ top_logprobs: 1.5 }, `number 1.5 ${IN_CHAT}.top_logprobs of type int`],
    [{ messages: {} }, `object ${IN_CHAT}.messages of type []api.Message`],
    [{ messages: ['hi'] }, `string ${IN_CHAT}.messages of type api.Message`],
    [{ messages: [{}, { content: [{}] }] }, `array ${IN_CHAT}.messages.content of type string`],
    [{ messages: [{ role: true }] }, `bool ${IN_CHAT}.messages.role of type string`],
    [{ messages: [{ images: 'aaaa' }] }, `string ${IN_CHAT}.messages.images of type []api.ImageData`],
    [{ messages: [{ images: [{}] }] }, `object ${IN_CHAT}.messages.images of type api.ImageData`],
    [
      { messages: [{ tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }] },
      `string ${IN_CHAT}.messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments`,
    ],
    [{ tools: {} }, `object ${IN_CHAT}.tools of type []api.Tool`],
    [
      { tools: [{ function: { parameters: [] } }] },
      `array ${IN_CHAT}.tools.function.parameters of type api.ToolFunctionParameters`,
    ],
  ])('%j is refused as Go does', (body, text) => {
    expect(textOf(() => parseBody(chatBody, body))).toBe(`json: cannot unmarshal ${text}`);
  });

  it.each([
    ['data:image/png;base64,AAAA', 4],
    ['AAA', 0],
    ['AAAAA', 4],
    ['AAAAAA=', 7],
    ['AAAAAA=A', 6],
    ['AAAA=', 4],
    ['A===', 1],
    ['AA==AA', 4],
    ['AAA=A', 4],
    ['AA-A', 2],
    ['é', 0],
  ])('the image %j is bad at byte %i', (image, at) => {
    const parse = () => parseBody(chatBody, { messages: [{ images: ['AAAA', image] }] });
    expect(textOf(parse)).toBe(`illegal base64 data at input byte ${at}`);
  });

  it.each(['', 'AA==', 'AA=\n=', 'A\r\nAA=\n', 'AAAA\n'])('the image %j is good', (image) => {
    expect(() => parseBody(chatBody, { messages: [{ images: [image] }] })).not.toThrow();
  });

  it('takes null and unknown keys everywhere', () => {
    const nothing = { role: null, content: null, images: null, tool_calls: null, thinking: null, x: 1 };
    const body = {
      ...{ model: null, stream: null, options: null, think: null, keep_alive: null, format: null, extra: {} },
      messages: [null, nothing, { images: [null], tool_calls: [null, { function: null }] }],
      tools: [null, { function: null }, { function: { parameters: null } }],
    };
    expect(() => parseBody(chatBody, body)).not.toThrow();
  });

  it('matches keys in any case, the exact one first', () => {
    expect(parseBody(chatBody, { MODEL: 'a', Messages: [{ Role: 'user', CONTENT: 'x' }] })).toEqual({
      model: 'a',
      messages: [{ role: 'user', content: 'x' }],
    });
    expect(parseBody(chatBody, { model: 'a', Model: 'b' })).toEqual({ model: 'a' });
    expect(parseBody(chatBody, { options: { Temperature: 1 } })).toEqual({ options: { Temperature: 1 } });
  });
});

describe('the generate body', () => {
  it.each([
    [[], 'array into Go value of type api.GenerateRequest'],
    [{ prompt: ['x'] }, `array ${IN_GENERATE}.prompt of type string`],
    [{ context: ['x'] }, `string ${IN_GENERATE}.context of type int`],
    [{ context: 'x' }, `string ${IN_GENERATE}.context of type []int`],
    [{ raw: 1 }, `number ${IN_GENERATE}.raw of type bool`],
  ])('%j is refused as Go does', (body, text) => {
    expect(textOf(() => parseBody(generateBody, body))).toBe(`json: cannot unmarshal ${text}`);
  });
});

import { describe, expect, it } from 'vitest';
import { responsesBody } from '../../../../src/http/openai/responses/body-schema.js';
import { reasoningForm } from '../../../../src/http/openai/responses/open-items.js';
import { inProgress } from '../../../../src/http/openai/responses/response-object.js';
import { toTools } from '../../../../src/http/openai/responses/to-tools.js';
import { toTurnRequest } from '../../../../src/http/openai/responses/to-turn-request.js';
import { validate } from '../../../../src/http/openai/validate.js';

function bodyOf(fields: object) {
  return validate(responsesBody, { model: 'm', input: 'hi', ...fields });
}

function requestOf(fields: object) {
  const item = { type: 'message', role: 'user', content: 'hi' } as const;
  const items = [{ item, param: 'input[0]' }];
  return toTurnRequest({
    model: 'm',
    body: bodyOf(fields),
    items,
    limits: { maxImageBytes: 0, imageUrls: 'pass' },
  }).request;
}

function startOf(fields: object) {
  return inProgress({ id: 'resp_0', createdAt: 7, model: 'm' }, bodyOf(fields));
}

const parameters = { type: 'object', properties: { a: { type: 'string' } } };
const f = { type: 'function', name: 'f', description: 'does', parameters, strict: true };
const g = { type: 'function', name: 'g', parameters: null };
const custom = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Edits files',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
};
const ns = {
  type: 'namespace',
  name: 'ns',
  description: 'd',
  tools: [f, { ...custom, name: 'c' }, { type: 'x' }],
};
const hosted = [
  { type: 'web_search', external_web_access: true },
  { type: 'local_shell' },
  { type: 'image_generation' },
];
const toolF = { name: 'f', description: 'does', inputSchema: parameters, strict: true };
const toolG = { name: 'g', inputSchema: { type: 'object', properties: {} } };

describe('the fields of a request', () => {
  it('may all be null', () => {
    const fields = Object.keys(responsesBody.shape).filter((key) => key !== 'model' && key !== 'input');
    const nothing = Object.fromEntries(fields.map((key) => [key, null]));
    expect(requestOf(nothing)).toEqual(requestOf({}));
    expect(startOf(nothing)).toEqual(startOf({}));
  });

  it.each([
    [
      { temperature: 0, top_p: 0.5, top_k: 40 },
      { temperature: 0, topP: 0.5, topK: 40 },
    ],
    [{ max_output_tokens: 5 }, { maxTokens: 5 }],
    [{ reasoning: { effort: 'high', summary: 'auto' } }, { reasoningEffort: 'high' }],
    [{ reasoning: { effort: 'none' } }, { reasoningEffort: 'none' }],
    [
      { seed: 0, presence_penalty: 2, frequency_penalty: -2, min_p: 0.1 },
      { seed: 0, presencePenalty: 2, frequencyPenalty: -2, minP: 0.1 },
    ],
    [{ truncation: 'auto', stream_options: { include_obfuscation: true }, unheard_of: 1 }, {}],
  ])('sample: %j is %j', (fields, sampling) => {
    expect(requestOf(fields).sampling).toEqual(sampling);
  });

  it.each([
    [{}, undefined],
    [{ text: { format: { type: 'text' } } }, undefined],
    [{ text: { format: { type: 'json_object' } } }, { schema: undefined, delivery: 'whole' }],
    [
      {
        text: { format: { type: 'json_schema', name: 'n', schema: parameters, strict: true } },
        stream: true,
      },
      { schema: parameters, description: { name: 'n', strict: true }, delivery: 'streamed' },
    ],
  ])('ask for a form of the answer: %j', (fields, format) => {
    expect(requestOf(fields).format).toEqual(format);
  });

  it.each([['prompt', { id: 'pmpt_1' }]])('refuse %s: %j, and say so', (param, value) => {
    expect(() => bodyOf({ [param]: value })).toThrow(
      expect.objectContaining({
        code: 'bad-request',
        param,
        reason: 'unsupported_parameter',
        message: expect.stringContaining(`'${param}' is not supported here`),
      }),
    );
  });

  it.each([
    [{ model: undefined }, 'model', 'missing_required_parameter', "Missing required parameter: 'model'."],
    [{ model: '' }, 'model', 'empty_string'],
    [{ stream: 'yes' }, 'stream', 'invalid_type'],
    [{ temperature: 3 }, 'temperature', 'decimal_above_max_value'],
    [{ max_output_tokens: 0 }, 'max_output_tokens', 'integer_below_min_value'],
    [{ metadata: { a: 1 } }, 'metadata.a', 'invalid_type'],
    [{ truncation: 'maybe' }, 'truncation', 'invalid_value'],
    [{ tools: [{ name: 'f' }] }, 'tools[0].type', 'missing_required_parameter'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name', 'missing_required_parameter'],
    [
      { tools: [{ type: 'namespace', name: 'ns', tools: [{ type: 'custom' }] }] },
      'tools[0].tools[0].name',
      'missing_required_parameter',
    ],
    [{ tool_choice: 'any' }, 'tool_choice', 'invalid_value'],
    [{ tool_choice: { type: 'web_search' } }, 'tool_choice.type', 'invalid_value'],
    [
      { text: { format: { type: 'json_schema', schema: {} } } },
      'text.format.name',
      'missing_required_parameter',
    ],
    [
      { text: { format: { type: 'json_schema', name: 'n' } } },
      'text.format.schema',
      'missing_required_parameter',
    ],
    [{ text: { format: { type: 'xml' } } }, 'text.format.type', 'invalid_value'],
  ])('are refused as OpenAI words it: %j', (fields, param, reason, message = expect.any(String)) => {
    expect(() => bodyOf(fields)).toThrow(
      expect.objectContaining({ code: 'bad-request', param, reason, message }),
    );
  });
});

describe('tools', () => {
  it('are flat functions to hum, hosted ones left out', () => {
    const { tools, names } = toTools(bodyOf({ tools: [f, g, custom, ns, ...hosted] }).tools ?? [], undefined);
    expect(tools.map(({ name }) => name)).toEqual(['f', 'g', 'apply_patch', 'ns__f', 'ns__c']);
    expect(tools.slice(0, 2)).toEqual([toolF, toolG]);
    expect(tools[2]).toMatchObject({
      description: expect.stringMatching(/^Edits files\n\n.*lark.*\nstart: "x"$/),
      inputSchema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
    });
    expect(Object.fromEntries(names)).toEqual({
      f: { kind: 'function', name: 'f' },
      g: { kind: 'function', name: 'g' },
      apply_patch: { kind: 'custom', name: 'apply_patch' },
      ns__f: { kind: 'function', name: 'f', namespace: 'ns' },
      ns__c: { kind: 'custom', name: 'c', namespace: 'ns' },
    });
  });

  it('of one name are one', () => {
    const clash = [{ ...f, name: 'ns__f' }, ns];
    expect(toTools(bodyOf({ tools: clash }).tools ?? [], undefined).tools).toHaveLength(2);
  });

  it('are read in the nested form of a chat, too', () => {
    const nested = {
      type: 'function',
      function: { name: 'f', description: 'does', parameters, strict: true },
    };
    expect(requestOf({ tools: [nested] }).tools).toEqual([toolF]);
  });

  const chosen = { type: 'function', function: { name: 'g' } };
  it.each([
    [undefined, ['f', 'g'], undefined],
    ['auto', ['f', 'g'], 'auto'],
    ['required', ['f', 'g'], 'required'],
    ['none', [], undefined],
    [{ type: 'function', name: 'g' }, ['g'], chosen],
    [{ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'g' }] }, ['g'], 'auto'],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'custom', name: 'g' }, { type: 'mcp' }] },
      ['g'],
      'required',
    ],
  ])('are chosen by %j', (tool_choice, names, toolChoice) => {
    const { tools, sampling } = requestOf({ tools: [f, g], tool_choice });
    expect(tools.map(({ name }) => name)).toEqual(names);
    expect(sampling.toolChoice).toEqual(toolChoice);
  });

  it('that must be called are asked for in words, too', () => {
    expect(requestOf({ instructions: 'a', tools: [f], tool_choice: 'required' }).system).toMatch(
      /^a\n\n.+tool/,
    );
  });

  it.each([
    ['required', hosted],
    [{ type: 'function', name: 'g' }, [f]],
    [{ type: 'custom', name: 'g' }, undefined],
  ])('must be there for %j of %j', (tool_choice, tools) => {
    expect(() => requestOf({ tools, tool_choice })).toThrow(
      expect.objectContaining({ code: 'bad-request', param: 'tool_choice' }),
    );
  });

  it('may be called one by one', () => {
    expect(requestOf({ tools: [f], parallel_tool_calls: false }).sampling).toEqual({
      parallelToolCalls: false,
    });
  });
});

describe('a response echoes', () => {
  it('the tools as they were sent', () => {
    const tools = [f, g, custom, ns, ...hosted];
    expect(startOf({ tools }).tools).toEqual(tools);
  });

  it.each([
    { instructions: 'be brief' },
    { max_output_tokens: 5 },
    { max_tool_calls: 3 },
    { metadata: { a: 'b' } },
    { parallel_tool_calls: false },
    { previous_response_id: 'resp_1' },
    { prompt_cache_key: 'k' },
    { prompt_cache_retention: '24h' },
    { reasoning: { effort: 'low', summary: 'auto' } },
    { safety_identifier: 's' },
    { service_tier: 'flex' },
    { store: false },
    { temperature: 0 },
    {
      text: {
        format: { type: 'json_schema', name: 'n', schema: parameters, strict: true },
        verbosity: 'low',
      },
    },
    { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] } },
    { top_logprobs: 2 },
    { top_p: 0.5 },
    { truncation: 'auto' },
    { user: 'u' },
    { presence_penalty: 1, frequency_penalty: -1 },
  ])('%j', (fields) => {
    expect(startOf(fields)).toEqual({ ...startOf({}), ...fields });
  });
});

describe('thoughts are told', () => {
  it.each([
    [{}, 'summary'],
    [{ reasoning: { effort: 'low' } }, 'summary'],
    [{ reasoning: { summary: 'auto' } }, 'summary'],
    [{ include: ['reasoning.encrypted_content'] }, 'summary'],
    [{ include: ['reasoning.content'] }, 'text'],
    [{ reasoning: { summary: 'auto' }, include: ['reasoning.content'] }, 'text'],
  ])('to %j as %s', (fields, form) => {
    expect(reasoningForm(bodyOf(fields))).toBe(form);
  });
});

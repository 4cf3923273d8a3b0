import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/http/clock.js';
import { responsesBody } from '../../../../src/http/openai/responses/body-schema.js';
import { createSeal } from '../../../../src/http/openai/responses/compaction.js';
import { MemoryStore } from '../../../../src/http/openai/responses/store.js';
import { resolveInput } from '../../../../src/http/openai/responses/resolve-input.js';
import { toTurnRequest } from '../../../../src/http/openai/responses/to-turn-request.js';
import { validate } from '../../../../src/http/openai/validate.js';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUg==';
const text = (value: string) => ({ type: 'text', text: value });
const user = (value: string) => ({ role: 'user', content: [text(value)] });
const call = (id: string, fields: object = {}) => ({
  type: 'function_call',
  call_id: id,
  name: 'f',
  arguments: '{"a":1}',
  ...fields,
});
const output = (id: string, value: unknown = '21C') => ({
  type: 'function_call_output',
  call_id: id,
  output: value,
});
const toolCall = (id: string, name = 'f', input = '{"a":1}') => ({ id, name, input });
const result = (id: string, value = '21C', name = 'f') => ({
  role: 'tool',
  content: [text(value)],
  toolCallId: id,
  toolName: name,
});

async function requestOf(fields: object) {
  const body = validate(responsesBody, { model: 'm', ...fields });
  const { context: items } = await resolveInput(
    body,
    new MemoryStore(systemClock).of(undefined),
    createSeal('a secret', undefined),
  );
  return toTurnRequest({ model: 'm', body, items, limits: { maxImageBytes: 1_000, imageUrls: 'pass' } })
    .request;
}

async function messagesOf(...input: unknown[]) {
  return (await requestOf({ input })).messages;
}

describe('an input', () => {
  it('that is a text is one message of a user', async () => {
    expect(await requestOf({ input: 'hi' })).toEqual({
      model: 'm',
      messages: [user('hi')],
      tools: [],
      sampling: {},
    });
  });

  it.each([
    [{ role: 'user', content: 'hi' }],
    [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
    [{ type: null, role: 'user', content: [{ type: 'text', text: 'hi' }], phase: 'x', status: 'completed' }],
  ])('may hold a message as %j', async (message) => {
    expect(await messagesOf(message)).toEqual([user('hi')]);
  });

  it.each([[null], [undefined], [''], [[]]])('may hold a message with nothing in it: %j', async (content) => {
    expect(await messagesOf({ role: 'user', content })).toEqual([{ role: 'user', content: [] }]);
  });

  it('gives the instructions in front to the system, the request’s own first, and keeps later ones in their place', async () => {
    const { system, messages } = await requestOf({
      instructions: 'a',
      input: [
        { role: 'system', content: 'b' },
        { type: 'reasoning', summary: [] },
        { role: 'developer', content: [{ type: 'input_text', text: 'c' }] },
        { role: 'user', content: 'hi' },
        { role: 'developer', content: [{ type: 'input_text', text: 'd' }] },
        { role: 'system', content: '' },
      ],
    });
    expect(system).toBe('a\n\nb\n\nc');
    expect(messages).toEqual([user('hi'), { role: 'system', content: [{ type: 'text', text: 'd' }] }]);
  });

  it('of instructions and nothing else is asked as a question', async () => {
    const question = { model: 'm', messages: [user('a')], tools: [], sampling: {} };
    expect(await requestOf({ instructions: 'a' })).toEqual(question);
    expect(await requestOf({ input: [{ role: 'developer', content: 'a' }] })).toEqual(question);
  });

  it('joins what an assistant says and calls into one message', async () => {
    const said = { role: 'assistant', content: [{ type: 'output_text', text: 'Looking.', annotations: [] }] };
    const refused = { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] };
    expect(await messagesOf(said, call('a'), call('b'), output('a'), output('b'), refused)).toEqual([
      { role: 'assistant', content: [text('Looking.')], toolCalls: [toolCall('a'), toolCall('b')] },
      result('a'),
      result('b'),
      { role: 'assistant', content: [text('No.')], toolCalls: [] },
    ]);
  });

  it('keeps a result next to its call, whatever an assistant says in between', async () => {
    const said = { role: 'assistant', content: 'Wait.' };
    expect(await messagesOf(call('a'), call('b'), output('a'), said, output('b'))).toEqual([
      { role: 'assistant', content: [text('Wait.')], toolCalls: [toolCall('a'), toolCall('b')] },
      result('a'),
      result('b'),
    ]);
  });

  it('keeps rounds of calls apart', async () => {
    expect(
      (await messagesOf(call('a'), output('a'), call('b'), output('b'))).map(({ role }) => role),
    ).toEqual(['assistant', 'tool', 'assistant', 'tool']);
  });

  it('tells a call without a result as aborted, and takes a result without a call', async () => {
    const aborted = { ...result('a', 'aborted'), isError: true };
    const called = { role: 'assistant', content: [], toolCalls: [toolCall('a')] };
    expect(await messagesOf(call('a'), { role: 'user', content: 'hi' })).toEqual([
      called,
      aborted,
      user('hi'),
    ]);
    expect(await messagesOf(call('a'))).toEqual([called, aborted]);
    expect(await messagesOf(output('x'))).toEqual([
      { role: 'tool', content: [text('21C')], toolCallId: 'x' },
    ]);
  });

  it.each([
    ['{"a":1}', '{"a":1}'],
    [{ a: 1 }, '{"a":1}'],
    ['', '{}'],
    [null, '{}'],
    [undefined, '{}'],
  ])('takes arguments as %j', async (sent, input) => {
    expect((await messagesOf(call('a', { arguments: sent })))[0]).toMatchObject({ toolCalls: [{ input }] });
  });

  it.each([
    ['21C', [text('21C')]],
    ['', []],
    [null, []],
    [{ degrees: 21 }, [text('{"degrees":21}')]],
    [
      [
        { type: 'input_text', text: 'a' },
        { type: 'input_image', image_url: 'https://x/y.png', detail: 'high' },
        { type: 'encrypted_content', encrypted_content: 'x' },
      ],
      [text('a'), { type: 'image', mediaType: 'image/*', url: 'https://x/y.png' }],
    ],
  ])('takes an output as %j', async (sent, content) => {
    expect((await messagesOf(output('a', sent)))[0]?.content).toEqual(content);
    expect((await messagesOf({ ...output('a', sent), type: 'custom_tool_call_output' }))[0]?.content).toEqual(
      content,
    );
  });

  it('names custom calls and those in a namespace as hum knows them', async () => {
    const custom = { type: 'custom_tool_call', call_id: 'a', name: 'apply_patch', input: '*** Begin "x"' };
    expect((await messagesOf(custom, call('b', { namespace: 'ns' })))[0]).toMatchObject({
      toolCalls: [toolCall('a', 'apply_patch', '{"input":"*** Begin \\"x\\""}'), toolCall('b', 'ns__f')],
    });
  });

  it.each([
    [{ type: 'reasoning', summary: [], encrypted_content: 'x' }],
    [{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }], content: null }],
    [{ type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } }],
    [{ type: 'file_search_call', id: 'fs_1', queries: [] }],
    [{ type: 'code_interpreter_call', id: 'ci_1', code: 'x' }],
    [{ type: 'image_generation_call', id: 'ig_1', result: 'x' }],
    [{ type: 'mcp_list_tools', id: 'mcpl_1', tools: [] }],
    [{ type: 'mcp_call', id: 'mcp_1', name: 'x', arguments: '{}', output: 'y' }],
    [{ type: 'additional_tools', role: 'developer', tools: [] }],
    [{ type: 'of_next_year', id: 5, call_id: 5 }],
  ])('passes over %j', async (item) => {
    expect(await messagesOf({ role: 'user', content: 'hi' }, item)).toEqual([user('hi')]);
  });

  it('passes over what this bridge told of a tool of the worker’s, and tells what another server did', async () => {
    const called = { type: 'mcp_call', name: 'x', server_label: 'fs', arguments: '{}', output: 'y' };
    const own = { ...called, id: `mcp_${'0'.repeat(32)}` };
    const question = { role: 'user', content: 'hi' };
    const answer = { role: 'assistant', content: 'so' };
    expect(await messagesOf(question, own, answer)).toEqual(await messagesOf(question, answer));
    const [, told] = await messagesOf(question, { ...called, id: 'mcp_1' }, answer);
    expect(JSON.stringify(told)).toContain('output: y');
  });

  it.each([
    ['local_shell', { action: { type: 'exec', command: ['ls'] } }],
    ['shell', { action: { commands: ['ls'] } }],
    ['apply_patch', { operation: { type: 'delete_file', path: 'a' } }],
    ['computer', { action: { type: 'click', x: 1, y: 2 } }],
  ])('tells a call of the hosted tool %s, and its output', async (name, asked) => {
    const called = { type: `${name}_call`, id: 'x_1', call_id: 'a', status: 'completed', ...asked };
    const told = { type: `${name}_call_output`, call_id: 'a', output: 'done' };
    expect(await messagesOf(called, told)).toEqual([
      { role: 'assistant', content: [], toolCalls: [toolCall('a', name, JSON.stringify(asked))] },
      result('a', 'done', name),
    ]);
    expect((await messagesOf(called, { ...told, output: { url: 'x' } }))[1]?.content).toEqual([
      text('{"url":"x"}'),
    ]);
  });

  it('may change the settings from there on: the last update counts, and is no message', async () => {
    const update = (fields: object) => ({ type: 'configuration_update', ...fields });
    const format = { type: 'json_schema', name: 'place', schema: { type: 'object' } };
    const {
      messages,
      sampling,
      format: asked,
    } = await requestOf({
      reasoning: { effort: 'low' },
      input: [
        update({ reasoning: { effort: 'high' }, text: { format } }),
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'two' },
        update({ reasoning: { effort: 'none' } }),
        { role: 'user', content: 'three' },
        update({ reasoning: null }),
      ],
    });
    expect(messages).toHaveLength(3);
    expect(sampling).toEqual({ reasoningEffort: 'none' });
    expect(asked).toEqual({ schema: { type: 'object' }, description: { name: 'place' }, delivery: 'whole' });
    const plain = await requestOf({
      text: { format },
      input: [{ role: 'user', content: 'hi' }, update({ text: { format: { type: 'text' } } })],
    });
    expect(plain.format).toBeUndefined();
  });

  it('is wrong where a change of settings is', async () => {
    const item = { type: 'configuration_update', reasoning: { effort: 5 } };
    await expect(requestOf({ input: [{ role: 'user', content: 'hi' }, item] })).rejects.toMatchObject({
      code: 'bad-request',
      param: 'input[1].reasoning.effort',
    });
  });

  it('may hold images as bytes', async () => {
    const image_url = `data:image/png;base64,${PIXEL}`;
    const image = { type: 'image', mediaType: 'image/png', data: PIXEL };
    for (const sent of [image_url, { url: image_url }]) {
      const content = [{ type: 'input_image', image_url: sent }];
      expect(await messagesOf({ role: 'user', content })).toEqual([{ role: 'user', content: [image] }]);
    }
  });

  const part = (value: object) => [{ role: 'user', content: [value] }];
  it.each<[unknown, string, string]>([
    [undefined, 'input', 'missing_required_parameter'],
    [[], 'input', 'empty_array'],
    [5, 'input', 'invalid_type'],
    [[5], 'input[0]', 'invalid_type'],
    [[{}], 'input[0].type', 'missing_required_parameter'],
    [[{ content: 'hi' }], 'input[0].type', 'missing_required_parameter'],
    [[{ role: 'robot', content: 'hi' }], 'input[0].role', 'invalid_value'],
    [[{ role: 'user', content: 5 }], 'input[0].content', 'invalid_type'],
    [[{ role: 'user', content: [{ type: 'x' }] }], 'input[0].content[0].type', 'invalid_value'],
    [
      [{ role: 'user', content: [{ type: 'input_text' }] }],
      'input[0].content[0].text',
      'missing_required_parameter',
    ],
    [[{ type: 'function_call', name: 'f' }], 'input[0].call_id', 'missing_required_parameter'],
    [[{ type: 'function_call', call_id: 'a' }], 'input[0].name', 'missing_required_parameter'],
    [[output('a'), { ...output('b'), call_id: '' }], 'input[1].call_id', 'empty_string'],
    [part({ type: 'input_image', file_id: 'file_1' }), 'input[0].content[0].file_id', 'unsupported_value'],
    [part({ type: 'input_image' }), 'input[0].content[0].image_url', 'unsupported_value'],
    [part({ type: 'input_file', file_id: 'file_1' }), 'input[0].content[0].file_id', 'unsupported_value'],
    [
      part({ type: 'input_file', file_url: 'ftp://x/y' }),
      'input[0].content[0].file_url',
      'unsupported_value',
    ],
    [part({ type: 'input_file' }), 'input[0].content[0]', 'unsupported_value'],
    [
      part({ type: 'input_image', image_url: 'file:///etc/passwd' }),
      'input[0].content[0].image_url',
      'invalid_image_url',
    ],
    [
      part({ type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(4_000)}` }),
      'input[0].content[0].image_url',
      'image_too_large',
    ],
    [part({ type: 'input_file', file_data: 'x' }), 'input[0].content[0]', 'unsupported_value'],
    [part({ type: 'input_audio', input_audio: {} }), 'input[0].content[0]', 'unsupported_value'],
  ])('is not %j', async (input, param, reason) => {
    await expect(requestOf({ input })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-request', param, reason }),
    );
  });
});

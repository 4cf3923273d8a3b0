import { describe, expect, it } from 'vitest';
import { hi, text, toMessages, toRequest } from './to-request.js';

describe('messages', () => {
  it('are the same for the barest request', () => {
    expect(toRequest({})).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: [text('hi')] }],
      tools: [],
      sampling: { maxTokens: 9 },
    });
  });

  it('give the instructions in front of them to the system, behind its own, and keep later ones in their place', () => {
    const system = [
      { ...text('a'), cache_control: { type: 'ephemeral' } },
      text(''),
      { type: 'brand_new' },
      text('b'),
    ];
    const messages = [
      { role: 'system', content: 'c' },
      hi,
      { role: 'system', content: [text('d'), text('e')] },
      { role: 'system', content: [text('')] },
    ];
    expect(toRequest({ system, messages })).toMatchObject({
      system: 'a\n\nb\n\nc',
      messages: [
        { role: 'user', content: [text('hi')] },
        { role: 'system', content: [text('d'), text('e')] },
      ],
    });
    expect(toRequest({ system: 'plain' }).system).toBe('plain');
    expect(toRequest({ system: '' })).not.toHaveProperty('system');
  });

  it('that are instructions and nothing else are asked as a question', () => {
    expect(toMessages({ role: 'system', content: 'a' })).toEqual({
      system: undefined,
      messages: [{ role: 'user', content: [text('a')] }],
    });
  });

  it.each([[''], [[]], [[text('')]]])('may hold nothing: %j', (content) => {
    expect(
      toMessages(hi, { role: 'assistant', content }, { role: 'user', content }).messages.slice(1),
    ).toEqual([
      { role: 'assistant', content: [], toolCalls: [] },
      { role: 'user', content: [] },
    ]);
  });

  it('hold calls and what servers did, and thoughts apart', () => {
    const { messages } = toMessages(hi, {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: '' },
        { type: 'redacted_thinking', data: 'x' },
        text('Looking.'),
        { type: 'tool_use', id: 't1', name: 'f', input: { a: [1, { b: '"' }] } },
        { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} },
        { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
        { type: 'brand_new' },
        { type: 'tool_use', id: 't2', name: 'g', input: null },
      ],
    });
    expect(messages[1]).toEqual({
      role: 'assistant',
      content: [
        text('Looking.'),
        text('[server_tool_use]\nname: web_search\ninput: {}'),
        text('[web_search_tool_result]\n(empty)'),
        text('[A block of the type brand_new was here. It is left out: it cannot be given to this model.]'),
      ],
      toolCalls: [
        { id: 't1', name: 'f', input: '{"a":[1,{"b":"\\""}]}' },
        { id: 't2', name: 'g', input: '{}' },
      ],
      reasoning: 'hm',
    });
  });

  it('give results first, wherever they stand, and then what the user says', () => {
    const { messages } = toMessages({
      role: 'user',
      content: [
        text('before'),
        { type: 'tool_result', tool_use_id: 't1', content: '21C', cache_control: null },
        text('after'),
        {
          type: 'tool_result',
          tool_use_id: 't2',
          is_error: true,
          content: [text('no'), { type: 'tool_reference', tool_name: 'look' }],
        },
        { type: 'tool_result', tool_use_id: 't3', is_error: false },
      ],
    });
    expect(messages).toEqual([
      { role: 'tool', content: [text('21C')], toolCallId: 't1' },
      {
        role: 'tool',
        content: [text('no'), text('[tool_reference]\ntool_name: look')],
        toolCallId: 't2',
        isError: true,
      },
      { role: 'tool', content: [], toolCallId: 't3' },
      { role: 'user', content: [text('before'), text('after')] },
    ]);
  });

  it('need no user message behind results', () => {
    const content = [{ type: 'tool_result', tool_use_id: 't', content: null }];
    expect(toMessages({ role: 'user', content }).messages).toEqual([
      { role: 'tool', content: [], toolCallId: 't' },
    ]);
  });

  it.each([
    ['user', { type: 'tool_use', id: 't', name: 'f', input: {} }, 'assistant'],
    ['system', { type: 'tool_use', id: 't', name: 'f', input: {} }, 'assistant'],
    ['assistant', { type: 'tool_result', tool_use_id: 't' }, 'user'],
  ])('of %s do not hold %j', (role, block, owner) => {
    expect(() => toMessages(hi, { role, content: [block] })).toThrow(
      `messages.1: \`${block.type}\` blocks can only be in \`${owner}\` messages`,
    );
  });

  it('hold documents of text', () => {
    const content = [
      {
        type: 'document',
        title: 'T',
        context: 'C',
        source: { type: 'text', media_type: 'text/plain', data: 'D' },
      },
      { type: 'document', title: null, source: { type: 'content', content: 'E' } },
      { type: 'document', source: { type: 'content', content: [text('F'), text('G')] } },
    ];
    expect(toMessages({ role: 'user', content }).messages[0]?.content).toEqual(
      ['T\n\nC\n\nD', 'E', 'F\n\nG'].map(text),
    );
  });
});

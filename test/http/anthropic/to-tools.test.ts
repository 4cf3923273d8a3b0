import { describe, expect, it } from 'vitest';
import { text, toRequest } from './to-request.js';

describe('tools', () => {
  const input_schema = { type: 'object', properties: { a: { type: 'string' } } };
  const f = { name: 'f', description: 'does', input_schema, cache_control: { type: 'ephemeral' } };
  const g = { type: 'custom', name: 'g', description: null, input_schema: null };
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 5 };
  const toolF = { name: 'f', description: 'does', inputSchema: input_schema };
  const toolG = { name: 'g', inputSchema: { type: 'object', properties: {} } };
  const named = { type: 'function', function: { name: 'g' } };

  it('are the client’s own, with a schema each; those of servers are left out', () => {
    const own = [search, { type: 'computer_toolset_20260801' }, { type: 'brand_new', name: 'new' }];
    expect(toRequest({ tools: [f, ...own, g] }).tools).toEqual([toolF, toolG]);
    expect(toRequest({ tools: own })).toMatchObject({ tools: [], sampling: { maxTokens: 9 } });
  });

  it.each([
    ['bash_20241022', 'bash', ['command', 'restart']],
    ['bash_20250124', 'bash', ['command', 'restart']],
    ['text_editor_20241022', 'str_replace_editor', ['command', 'path', 'new_str', 'view_range']],
    ['text_editor_20250124', 'str_replace_editor', ['command', 'path', 'new_str', 'view_range']],
    ['text_editor_20250429', 'str_replace_based_edit_tool', ['command', 'path', 'insert_text']],
    ['text_editor_20250728', 'str_replace_based_edit_tool', ['command', 'path', 'insert_text']],
    ['memory_20250818', 'memory', ['command', 'old_path', 'new_path', 'insert_text']],
    ['computer_20251124', 'computer', ['action', 'coordinate']],
  ])('of the type %s are functions with their published schemas', (type, name, keys) => {
    const [tool] = toRequest({ tools: [{ type, name }] }).tools;
    expect(tool).toMatchObject({ name, description: expect.any(String), inputSchema: { type: 'object' } });
    expect(Object.keys(Object(tool?.inputSchema['properties']))).toEqual(expect.arrayContaining(keys));
  });

  it('that are to be loaded later are hidden until a reference, a call or the choice names them', () => {
    const later = { ...f, defer_loading: true };
    const namesOf = (body: object) => toRequest({ tools: [later, g], ...body }).tools.map(({ name }) => name);
    expect(namesOf({})).toEqual(['g']);
    expect(namesOf({ tool_choice: { type: 'tool', name: 'f' } })).toEqual(['f']);
    const result = (content: unknown) => [
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'g', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content }] },
    ];
    expect(namesOf({ messages: result('none') })).toEqual(['g']);
    const reference = { type: 'tool_reference', tool_name: 'f' };
    expect(namesOf({ messages: result([reference]) })).toEqual(['f', 'g']);
    const searched = {
      type: 'tool_search_tool_result',
      tool_use_id: 's',
      content: { type: 'tool_search_tool_search_result', tool_references: [reference] },
    };
    const messages = [
      { role: 'assistant', content: [searched] },
      { role: 'user', content: 'Go on.' },
    ];
    expect(namesOf({ messages })).toEqual(['f', 'g']);
  });

  it.each([
    [null, [toolF, toolG], {}],
    [{ type: 'auto' }, [toolF, toolG], { toolChoice: 'auto' }],
    [{ type: 'any' }, [toolF, toolG], { toolChoice: 'required' }],
    [{ type: 'none' }, [], {}],
    [{ type: 'tool', name: 'g' }, [toolG], { toolChoice: named }],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      [toolF, toolG],
      { toolChoice: 'auto', parallelToolCalls: false },
    ],
    [{ type: 'any', disable_parallel_tool_use: false }, [toolF, toolG], { toolChoice: 'required' }],
    [
      { type: 'tool', name: 'g', disable_parallel_tool_use: true },
      [toolG],
      { toolChoice: named, parallelToolCalls: false },
    ],
  ])('are chosen by %j', (tool_choice, tools, sampling) => {
    const request = toRequest({ tools: [f, g], tool_choice });
    expect(request.tools).toEqual(tools);
    expect(request.sampling).toEqual({ maxTokens: 9, ...sampling });
  });

  it.each([
    [{ type: 'auto' }, undefined],
    [{ type: 'none' }, undefined],
    [
      { type: 'any' },
      'You must answer by calling at least one of the tools that you are given. Do not answer in text.',
    ],
    [{ type: 'tool', name: 'g' }, 'You must answer by calling the tool "g". Do not answer in text.'],
  ])('are also chosen in words: %j', (tool_choice, words) => {
    expect(toRequest({ tools: [f, g], tool_choice }).system).toBe(words);
    const system = 'be brief';
    const asked = toRequest({ tools: [f, g], tool_choice, system });
    expect(asked.system).toBe(words === undefined ? system : `${system}\n\n${words}`);
    const alone = toRequest({ tools: [f, g], tool_choice, messages: [{ role: 'system', content: 'a' }] });
    expect(alone).toMatchObject({ messages: [{ role: 'user', content: [text('a')] }] });
    expect(alone.system).toBe(words);
  });

  it.each([{ type: 'auto' }, { type: 'none' }])('need not be there for %j', (tool_choice) => {
    expect(toRequest({ tool_choice })).toMatchObject({ tools: [], sampling: { maxTokens: 9 } });
  });

  it.each([
    [{ type: 'any' }, [], 'tool_choice: tool_choice may only be specified while providing `tools`'],
    [
      { type: 'tool', name: 'f' },
      null,
      'tool_choice: tool_choice may only be specified while providing `tools`',
    ],
    [{ type: 'tool', name: 'g' }, [f], "tool_choice: Tool 'g' not found in provided tools"],
    [{ type: 'tool', name: 'g' }, [f, search], "tool_choice: Tool 'g' not found in provided tools"],
  ])('must be there for %j of %j', (tool_choice, tools, message) => {
    expect(() => toRequest({ tools, tool_choice })).toThrow(message);
  });

  it.each([
    [[search], { type: 'tool', name: 'web_search' }],
    [[search, f], { type: 'tool', name: 'web_search' }],
    [[search], { type: 'any' }],
  ])('of servers, %j, cannot be chosen: %j', (tools, tool_choice) => {
    expect(() => toRequest({ tools, tool_choice })).toThrow(
      "tool_choice: 'web_search' would have to be run by Anthropic's servers, and nothing runs it here",
    );
  });
});

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
    const own = [search, { type: 'mcp_toolset', mcp_server_name: 's' }, { type: 'brand_new', name: 'new' }];
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

  const browser = { type: 'browser_toolset_20260801' };
  const computer = { type: 'computer_toolset_20260801' };
  const OFF = ['file_upload', 'read_console', 'read_network', 'javascript_exec'];

  it.each<[readonly object[], number, readonly string[], readonly string[]]>([
    [[browser], 27, ['navigate', 'screenshot', 'key'], OFF],
    [[computer], 17, ['cursor_position', 'screenshot', 'zoom'], []],
    [[browser, browser], 27, ['navigate'], []],
    [[browser, computer, f], 45, ['browser_key', 'computer_key', 'hover', 'f'], ['key']],
    [[{ ...browser, configs: { read_console: { enabled: true } } }], 28, ['read_console'], []],
    [[{ ...browser, configs: { hover: { enabled: false }, find: null, key: {} } }], 26, ['find'], ['hover']],
    [[{ ...computer, configs: { zoom: false } }], 16, [], ['zoom']],
    [[{ ...computer, configs: { brand_new: { enabled: true }, other: {} } }], 18, ['brand_new'], ['other']],
    [
      [
        { ...computer, configs: null },
        { ...f, name: 'key' },
      ],
      18,
      ['computer_key', 'key'],
      [],
    ],
  ])('of toolsets are a function for each member that is on: %j', (tools, count, has, hasNot) => {
    const offered = toRequest({ tools }).tools;
    const names = offered.map(({ name }) => name);
    expect(new Set(names).size).toBe(count);
    expect(names).toHaveLength(count);
    expect(names).toEqual(expect.arrayContaining([...has]));
    for (const name of hasNot) expect(names).not.toContain(name);
    for (const { description, inputSchema } of offered) {
      expect(description).toBeTruthy();
      expect(inputSchema).toMatchObject({ type: 'object', properties: expect.any(Object) });
    }
  });

  it.each([
    [{ type: 'tool', name: 'navigate' }, [browser, f], ['navigate'], { type: 'function' }],
    [{ type: 'tool', name: 'zoom' }, [browser, computer], ['browser_zoom', 'computer_zoom'], 'required'],
    [{ type: 'tool', name: 'computer_zoom' }, [browser, computer], ['computer_zoom'], { type: 'function' }],
  ])('of toolsets are chosen by %j', (tool_choice, tools, names, toolChoice) => {
    const request = toRequest({ tools, tool_choice });
    expect(request.tools.map(({ name }) => name)).toEqual(names);
    if (typeof toolChoice === 'string') expect(request.sampling.toolChoice).toBe(toolChoice);
    else expect(request.sampling.toolChoice).toMatchObject(toolChoice);
  });

  it('of a toolset are chosen by its family, too; one without any that is on is none', () => {
    const tool_choice = { type: 'tool', name: 'computer' };
    expect(toRequest({ tools: [computer, f], tool_choice }).tools).toHaveLength(17);
    const names = toRequest({ tools: [computer] }).tools.map(({ name }) => name);
    const configs = Object.fromEntries(names.map((name) => [name, { enabled: false }]));
    expect(() => toRequest({ tools: [{ ...computer, configs }], tool_choice: { type: 'any' } })).toThrow(
      'no member of the toolsets in `tools` is enabled',
    );
  });

  it('of a toolset to be loaded later are hidden until a reference or a call names one', () => {
    const configs = { navigate: { defer_loading: true }, find: { defer_loading: true } };
    const hidden = (messages: readonly object[]) => {
      const names = toRequest({ tools: [{ ...browser, configs }, f], messages }).tools.map(
        ({ name }) => name,
      );
      return !names.includes('find');
    };
    const asked = { role: 'user', content: 'Go.' };
    const called = (call: object) => [
      asked,
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', input: {}, ...call }] },
    ];
    const found = (tool_name: string) => [
      ...called({ name: 'f' }),
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't', content: [{ type: 'tool_reference', tool_name }] },
        ],
      },
    ];
    expect(hidden([asked])).toBe(true);
    expect(hidden(found('other'))).toBe(true);
    expect(hidden(found('browser'))).toBe(false);
    expect(hidden(found('navigate'))).toBe(false);
    expect(hidden(called({ name: 'navigate', toolset_name: 'browser' }))).toBe(false);
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

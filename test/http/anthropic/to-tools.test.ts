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

  it('are the client’s own, with a schema each', () => {
    const own = [search, { type: 'bash_20250124', name: 'bash' }, { type: 'computer_20250124' }];
    expect(toRequest({ tools: [f, ...own, g] }).tools).toEqual([toolF, toolG]);
    expect(toRequest({ tools: own })).toMatchObject({ tools: [], sampling: { maxTokens: 9 } });
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

  it('that are left out take the choice of them along', () => {
    const tool_choice = { type: 'tool', name: 'web_search' };
    expect(toRequest({ tools: [search], tool_choice }).sampling).toEqual({ maxTokens: 9 });
    expect(toRequest({ tools: [search], tool_choice: { type: 'any' } }).sampling).toEqual({ maxTokens: 9 });
    const both = toRequest({ tools: [search, f], tool_choice });
    expect(both).toMatchObject({ tools: [toolF], sampling: { maxTokens: 9 } });
    expect(both.sampling).not.toHaveProperty('toolChoice');
  });
});

import { describe, expect, it } from 'vitest';
import { SAFE_TOOL_NAME } from '../../src/core/rights.js';
import { CLAUDE_TOOLS, claudeToolNames, EVERY_TOOL } from '../../src/thrum/tools/claude-tools.js';

describe('the names of the CLI’s own tools', () => {
  it('are each there once, in order, and safe in an argument that spaces separate', () => {
    expect([...new Set(CLAUDE_TOOLS)].sort()).toEqual(CLAUDE_TOOLS);
    for (const name of [...CLAUDE_TOOLS, EVERY_TOOL]) expect(name).toMatch(SAFE_TOOL_NAME);
    expect(CLAUDE_TOOLS.join(' ').length).toBeLessThan(131_071);
  });

  it('hold what reads, writes, runs and reaches out', () => {
    expect(CLAUDE_TOOLS).toEqual(
      expect.arrayContaining([
        'Bash',
        'Read',
        'Edit',
        'Write',
        'Glob',
        'Grep',
        'WebFetch',
        'WebSearch',
        'Task',
        'Agent',
      ]),
    );
  });

  it('cannot be changed, and take further ones', () => {
    expect(Object.isFrozen(CLAUDE_TOOLS)).toBe(true);
    expect(claudeToolNames([])).toBe(CLAUDE_TOOLS);
    expect(claudeToolNames(['Novel', 'Bash'])).toEqual([...CLAUDE_TOOLS, 'Novel']);
  });

  it.each(['a b', 'a,b', 'Bash(rm)', '', 'ü'])('%j is no safe name', (name) => {
    expect(name).not.toMatch(SAFE_TOOL_NAME);
  });
});

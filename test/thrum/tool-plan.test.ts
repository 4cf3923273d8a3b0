import { describe, expect, it } from 'vitest';
import type { WorkerTools } from '../../src/core/rights.js';
import { deniedTools, judgeTools } from '../../src/thrum/tools/tool-plan.js';

const workerTools = ['Bash', 'Read'];
const plan = (own: readonly string[], rights?: WorkerTools) => ({
  own: new Set(own),
  rights: rights && { workerTools: rights },
  declared: ['mine', 'of_another_client'],
  others: ['of_a_bee'],
  workerTools,
});

describe('what a prompt denies', () => {
  it.each<[string, readonly string[], WorkerTools | undefined, readonly string[]]>([
    ['everything, for a chat without tools or rights', [], undefined, ['Bash', 'Read', 'mcp__hum', '*']],
    [
      'all but its own tools, for a request that brings some',
      ['mine'],
      undefined,
      ['Bash', 'Read', 'mcp__hum__of_another_client', 'mcp__hum__of_a_bee'],
    ],
    [
      'the same whatever the rights are: a request that brings tools has only these',
      ['mine'],
      'all',
      ['Bash', 'Read', 'mcp__hum__of_another_client', 'mcp__hum__of_a_bee'],
    ],
    [
      'clients’ tools and the worker’s own, where other bees’ are allowed',
      [],
      'mesh',
      ['Bash', 'Read', 'mcp__hum__mine', 'mcp__hum__of_another_client'],
    ],
    [
      'only clients’ tools, where all are allowed',
      [],
      'all',
      ['mcp__hum__mine', 'mcp__hum__of_another_client'],
    ],
  ])('is %s', (_, own, rights, expected) => {
    expect(deniedTools(plan(own, rights))).toEqual(expected);
  });

  it('names each tool once, and never more than one argument of a process may hold', () => {
    const others = Array.from({ length: 5_000 }, (_, index) => `tool_${index}_${'x'.repeat(40)}`);
    const denied = deniedTools({ ...plan(['mine']), others: [...others, ...others] });
    expect(new Set(denied).size).toBe(denied.length);
    expect(Buffer.byteLength(denied.join(' '))).toBeLessThanOrEqual(131_071);
    expect(denied.length).toBeGreaterThan(2_000);
  });
});

describe('what a process lists', () => {
  const judge = (listed: readonly string[], own: readonly string[], rights?: WorkerTools) =>
    judgeTools(listed, plan(own, rights));

  it.each<[string, readonly string[], readonly string[], WorkerTools | undefined, object]>([
    ['nothing, for a chat', [], [], undefined, { beyond: [], missing: [] }],
    [
      'what the CLI keeps whatever is denied',
      ['EndConversation'],
      [],
      undefined,
      { beyond: [], missing: [] },
    ],
    ['exactly its own', ['mcp__hum__mine'], ['mine'], undefined, { beyond: [], missing: [] }],
    ['its own not yet', [], ['mine'], undefined, { beyond: [], missing: ['mine'] }],
    [
      'a tool of another client',
      ['mcp__hum__mine', 'mcp__hum__of_another_client'],
      ['mine'],
      'all',
      { beyond: ['mcp__hum__of_another_client'], missing: [] },
    ],
    [
      'a tool of the worker that nobody knew of',
      ['NewTool'],
      [],
      'mesh',
      { beyond: ['NewTool'], missing: [] },
    ],
    ['a tool of another bee, allowed', ['mcp__hum__of_a_bee'], [], 'mesh', { beyond: [], missing: [] }],
    [
      'a tool of another bee, not allowed',
      ['mcp__hum__of_a_bee'],
      [],
      'none',
      { beyond: ['mcp__hum__of_a_bee'], missing: [] },
    ],
    ['all that there is, allowed', ['Bash', 'mcp__hum__of_a_bee'], [], 'all', { beyond: [], missing: [] }],
    [
      'another client’s tool among all that is allowed',
      ['Bash', 'mcp__hum__mine'],
      [],
      'all',
      { beyond: ['mcp__hum__mine'], missing: [] },
    ],
    [
      'a tool of another server',
      ['mcp__other__x'],
      ['mine'],
      undefined,
      { beyond: ['mcp__other__x'], missing: ['mine'] },
    ],
  ])('%s', (_, listed, own, rights, expected) => {
    expect(judge(listed, own, rights)).toEqual(expected);
  });
});

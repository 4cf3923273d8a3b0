import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsTooManyValues, MAX_VALUES, workOf } from '../../src/http/body/body-work.js';
import { LARGE } from '../../src/threads/large.js';

/** Every body of that length holds less than what is large. */
const SHORT = 4_000;

const bytes = (text: string) => Buffer.from(text);

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children = Object.values(value);
  return (
    1 +
    Math.max(0, children.length - 1) +
    children.reduce((sum: number, child) => sum + countValues(child), 0)
  );
}

describe('workOf', () => {
  it('is the length of a long text', () => {
    const json = bytes(JSON.stringify('[{,"\\'.repeat(10_000)));
    expect(workOf(json)).toBe(json.length);
  });

  it('is the length of a body that is too short to be large, whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = bytes(JSON.stringify(value));
        if (json.length <= SHORT) expect(workOf(json)).toBe(json.length);
      }),
    );
    expect(workOf(bytes('['.repeat(SHORT)))).toBe(SHORT);
    expect(256 * SHORT + SHORT).toBeLessThanOrEqual(LARGE);
  });

  it('counts brackets, braces and commas outside of texts, whatever the texts hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = bytes(JSON.stringify(value) + ' '.repeat(2 * SHORT));
        expect((workOf(json) - json.length) / 256).toBe(countValues(value));
      }),
    );
  });

  it('finds a body of four thousand small values large', () => {
    expect(workOf(bytes(JSON.stringify(Array(4_000).fill(1))))).toBeLessThan(LARGE);
    expect(workOf(bytes(JSON.stringify(Array(4_200).fill(1))))).toBeGreaterThan(LARGE);
  });

  it.each(['"', '"\\', '["a', '"\\\\\\"', ''])('comes to an end of what is cut off: %j', (text) => {
    expect(workOf(bytes(text))).toBeLessThan(LARGE);
  });
});

describe('holdsTooManyValues', () => {
  it('tells the most that are taken from one more', () => {
    expect(holdsTooManyValues(bytes(`[${'1,'.repeat(MAX_VALUES - 1)}1]`))).toBe(false);
    expect(holdsTooManyValues(bytes(`[${'1,'.repeat(MAX_VALUES)}1]`))).toBe(true);
  });

  it('does not count what stands in texts', () => {
    expect(holdsTooManyValues(bytes(JSON.stringify('[,{'.repeat(MAX_VALUES))))).toBe(false);
  });

  // Quadratic time would be longer than a test may take.
  it('takes linear time for backslashes without end', () => {
    const isOver = holdsTooManyValues(bytes(`"${'\\'.repeat(2_000_001)}"${'\\"'.repeat(1_000_000)}`));
    expect(isOver).toBe(false);
  });
});

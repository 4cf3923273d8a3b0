import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countValues,
  holdsTooManyValues,
  MAX_VALUES,
  parseJsonObject,
} from '../../../src/http/body/parse-json-object.js';
import { workOf } from '../../../src/http/body/read-request.js';
import { BODY_WORDS } from '../../../src/http/openai/validate.js';
import { LARGE } from '../../../src/threads/weight.js';

describe('the body of a request to OpenAI', () => {
  it('is a JSON object', () => {
    expect(parseJsonObject(' {"a": "ä"} ', BODY_WORDS)).toEqual({ a: 'ä' });
  });

  it.each(['', '{', 'model=x', '[]', '"text"', '1', 'null'])('is not %j', (text) => {
    expect(() => parseJsonObject(text, BODY_WORDS)).toThrow(
      expect.objectContaining({
        code: 'bad-request',
        message: expect.stringMatching(/^We could not parse the JSON body of your request\. \(HINT: /),
        param: undefined,
        reason: undefined,
      }),
    );
  });

  it('nests up to 64 levels', () => {
    const parse = (levels: number) =>
      parseJsonObject(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`, BODY_WORDS);
    expect(parse(64)).toBeTypeOf('object');
    expect(() => parse(65)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    expect(() => parse(100_000)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});

/** Every body of that length holds less than what is large. */
const SHORT = 4_000;

/** @param text of ASCII */
const work = (text: string) => workOf(text, Buffer.byteLength(text));

function valuesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children = Object.values(value);
  return (
    1 + Math.max(0, children.length - 1) + children.reduce((sum: number, child) => sum + valuesOf(child), 0)
  );
}

describe('workOf', () => {
  it('is the length of a long text', () => {
    const json = JSON.stringify('[{,"\\'.repeat(10_000));
    expect(work(json)).toBe(json.length);
  });

  it('is the length of a body that is too short to be large, whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        const bytes = Buffer.byteLength(json);
        if (bytes <= SHORT) expect(work(json)).toBe(bytes);
      }),
    );
    expect(work('['.repeat(SHORT))).toBe(SHORT);
    expect(256 * SHORT + SHORT).toBeLessThanOrEqual(LARGE);
  });

  it('counts brackets, braces and commas outside of texts, whatever the texts hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value) + ' '.repeat(2 * SHORT);
        expect((work(json) - Buffer.byteLength(json)) / 256).toBe(valuesOf(value));
      }),
    );
  });

  it('finds a body of four thousand small values large', () => {
    expect(work(JSON.stringify(Array(4_000).fill(1)))).toBeLessThan(LARGE);
    expect(work(JSON.stringify(Array(4_200).fill(1)))).toBeGreaterThan(LARGE);
  });

  it.each(['"', '"\\', '["a', '"\\\\\\"', ''])('comes to an end of what is cut off: %j', (text) => {
    expect(work(text)).toBeLessThan(LARGE);
    expect(countValues(text, MAX_VALUES)).toBeLessThanOrEqual(1);
  });
});

describe('holdsTooManyValues', () => {
  it('tells the most that are taken from one more', () => {
    expect(holdsTooManyValues(`[${'1,'.repeat(MAX_VALUES - 1)}1]`)).toBe(false);
    expect(holdsTooManyValues(`[${'1,'.repeat(MAX_VALUES)}1]`)).toBe(true);
  });

  it('does not count what stands in texts', () => {
    expect(holdsTooManyValues(JSON.stringify('[,{'.repeat(MAX_VALUES)))).toBe(false);
  });

  // Quadratic time would be longer than a test may take.
  it('takes linear time for backslashes without end', () => {
    const isOver = holdsTooManyValues(`"${'\\'.repeat(2_000_001)}"${'\\"'.repeat(1_000_000)}`);
    expect(isOver).toBe(false);
  });
});

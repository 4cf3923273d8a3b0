import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Assembly, toPieces } from '../../src/threads/pieces.js';
import { weigh } from '../../src/threads/weight.js';

/** Of one batch, in what `weigh` counts: a batch's limit, the last value that crosses it, and the steps themselves. */
const MOST = 2 * 2 ** 18 + 2 ** 18;

function rebuild(value: unknown): unknown {
  const assembly = new Assembly();
  for (const steps of toPieces(value)) assembly.take(structuredClone(steps));
  return assembly.value;
}

const long = fc.string({ maxLength: 20 }).map((text) => `${text}\ud83d`.repeat(30_000));
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), long, tie('list'), tie('record')),
  list: fc.array(tie('any')),
  record: fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('any')),
})).any;

test('a value that was taken apart and put together is the same value', () => {
  fc.assert(
    fc.property(value, (original) => {
      const rebuilt = rebuild(original);
      expect(rebuilt).toEqual(original);
      expect(JSON.stringify(rebuilt)).toBe(JSON.stringify(original));
    }),
    { numRuns: 60 },
  );
});

test('no batch is too large to be copied at once, wherever the bulk is', () => {
  const bulks = [
    'x'.repeat(5_000_000),
    Array.from({ length: 50_000 }, (_, index) => ({ role: 'user', content: `message ${index}`.repeat(5) })),
    { a: { b: [{ c: Array.from({ length: 30 }, () => 'y'.repeat(200_000)) }] } },
    {
      messages: [
        { content: Array.from({ length: 40_000 }, (_, index) => ({ type: 'text', text: `${index}` })) },
      ],
    },
  ];
  for (const bulk of bulks) {
    const weights = [...toPieces(bulk)].map((steps) => weigh(steps, Number.POSITIVE_INFINITY));
    expect(weights.length).toBeGreaterThan(5);
    expect(Math.max(...weights)).toBeLessThan(MOST);
  }
});

test('a weight is not looked for beyond the limit', () => {
  let seen = 0;
  const list = Array.from({ length: 1_000 }, () => ({
    get text() {
      seen++;
      return 'x'.repeat(100);
    },
  }));
  expect(weigh(list, 1_000)).toBeGreaterThan(1_000);
  expect(seen).toBeLessThan(20);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonScanner } from '../../src/core/json-scanner.js';

const container = fc.oneof(
  fc.array(fc.jsonValue({ stringUnit: 'binary' })),
  fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })),
);

/** `text` in pieces; each is as long as the next of `lengths`, over and over. */
function cut(text: string, lengths: readonly number[]): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

test('an object or array ends where JSON.stringify ended it, however it is cut into pieces', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });
  fc.assert(
    fc.property(container, fc.string(), lengths, (value, rest, each) => {
      const json = JSON.stringify(value);
      const scanner = new JsonScanner();
      let seen = 0;
      let end = -1;
      for (const piece of cut(json + rest, each)) {
        const found = scanner.scan(piece);
        if (found !== -1) {
          end = seen + found;
          break;
        }
        seen += piece.length;
      }
      expect(end).toBe(json.length);
    }),
    { numRuns: 1_000 },
  );
});

test('a piece may end behind a backslash, or behind two', () => {
  for (const pieces of [
    ['["a\\', '"]"', ']'],
    ['["a\\\\', '"', ']'],
    ['["\\', '\\', '"', ']'],
  ]) {
    const scanner = new JsonScanner();
    expect(pieces.map((piece) => scanner.scan(piece)).findIndex((end) => end !== -1)).toBe(pieces.length - 1);
  }
});

test('no more is looked at than it takes to count to the limit', () => {
  const scanner = new JsonScanner(3);
  expect(scanner.scan('[1,2,3,4,5,6]')).toBe(-1);
  expect(scanner.values).toBe(3);
});

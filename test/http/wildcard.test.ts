import { expect, it } from 'vitest';
import { fitsWildcard } from '../../src/http/guards/wildcard.js';

it.each([
  ['abc', 'abc', true],
  ['abcd', 'abc', false],
  ['', '', true],
  ['', '*', true],
  ['abc', '*', true],
  ['abc', 'a*', true],
  ['a', 'a*', true],
  ['abc', '*c', true],
  ['abc', 'a*c', true],
  ['ac', 'a*c', true],
  ['a', 'a*a', false],
  ['aa', 'a*a', true],
  ['aXbXc', 'a*b*c', true],
  ['abXc', 'a*b*b*c', false],
  ['acb', 'a*b*c', false],
  ['ab', 'a*b*b', false],
  ['a.c', 'a.c', true],
  ['abc', 'a.c', false],
  ['abc', '**', true],
  ['xabc', 'a*', false],
])('%j fits %j: %s', (text, pattern, fits) => {
  expect(fitsWildcard(text, pattern)).toBe(fits);
});

it('takes no time to speak of for a hostile text', () => {
  const before = performance.now();
  expect(fitsWildcard('a'.repeat(100_000), '*a*a*a*a*a*a*a*b')).toBe(false);
  expect(performance.now() - before).toBeLessThan(500);
});

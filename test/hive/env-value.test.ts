import { expect, it } from 'vitest';
import type { Reading } from '../../src/hive/key-facts.js';
import { readEnvValue } from '../../src/hive/env-value.js';

it.each<[Reading, string, unknown]>([
  ['string', ' a b ', 'a b'],
  ['integer', '8080', 8080],
  ['integer', ' 80 ', 80],
  ['integer', '-1', -1],
  ['integer', '1434x', '1434x'],
  ['integer', '80.5', '80.5'],
  ['integer', '1e3', '1e3'],
  ['integer', '0x50', '0x50'],
  ['boolean', 'true', true],
  ['boolean', 'TRUE', true],
  ['boolean', '1', true],
  ['boolean', 'false', false],
  ['boolean', '0', false],
  ['boolean', 'yes', 'yes'],
  ['list', 'a', ['a']],
  ['list', ' a , b,', ['a', 'b']],
  ['list', ',', []],
])('reads as %s the text %j as %j', (reading, text, value) => {
  expect(readEnvValue(reading, text)).toEqual(value);
});

import { expect, it } from 'vitest';
import { CONFIG_KEYS } from '../../src/hive/config-keys.js';
import { findNearest } from '../../src/hive/nearest.js';

const KEY_NAMES = CONFIG_KEYS.map(({ name }) => name);

it.each([
  ['prot', 'port'],
  ['PROT', 'port'],
  ['model', 'models'],
  ['apikey', 'apiKey'],
  ['api_key', 'apiKey'],
  ['API_KEY', 'apiKey'],
  ['turn-timeout', 'turnTimeoutMs'],
  ['THRUM_SOCKET', 'thrumSock'],
])('%s may mean %s', (written, meant) => {
  expect(findNearest(written, KEY_NAMES)).toBe(meant);
});

it.each(['', 'x', 'temperature', '__proto__', 'constructor', 'nothing at all like it'])(
  '%j is near to nothing',
  (written) => {
    expect(findNearest(written, KEY_NAMES)).toBeUndefined();
  },
);

it('finds nothing among nothing', () => {
  expect(findNearest('port', [])).toBeUndefined();
});

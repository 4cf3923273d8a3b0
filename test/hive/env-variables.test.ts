import { expect, it } from 'vitest';
import { envNameOf, envNamesOf, envPrefixOf, readEnvValue } from '../../src/hive/env-variables.js';
import type { Reading } from '../../src/hive/key-facts.js';

it.each([
  ['ollama-server', 'port', 'OLLAMA_SERVER_PORT'],
  ['ollama-server', 'turnTimeoutMs', 'OLLAMA_SERVER_TURN_TIMEOUT_MS'],
  ['openai-server', 'apiKey', 'OPENAI_SERVER_API_KEY'],
  ['claude.cli', 'maxToneBytes', 'CLAUDE_CLI_MAX_TONE_BYTES'],
])('the twin of %s %s is %s', (kind, key, name) => {
  expect(envNameOf(kind, key)).toBe(name);
  expect(name.startsWith(envPrefixOf(kind))).toBe(true);
});

it("lists the key's own variable before the others", () => {
  expect(envNamesOf('ollama-server', { name: 'thrumSock', otherEnv: ['A', 'B'] })).toEqual([
    'OLLAMA_SERVER_THRUM_SOCK',
    'A',
    'B',
  ]);
});

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

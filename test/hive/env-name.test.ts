import { expect, it } from 'vitest';
import { envNameOf, envNamesOf, envPrefixOf } from '../../src/hive/env-name.js';

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

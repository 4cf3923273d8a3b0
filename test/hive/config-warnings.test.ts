import { expect, it } from 'vitest';
import { unknownEnvWarnings } from '../../src/hive/config-warnings.js';

it('leaves the variables of a hive with a longer name alone', () => {
  const env = { OLLAMA_SERVER_TWO_PORT: '1', OLLAMA_SERVER_TWINE: '1' };
  expect(unknownEnvWarnings(env, 'ollama-server', ['port'], ['ollama-server', 'ollama-server-two'])).toEqual([
    'the unknown environment variable OLLAMA_SERVER_TWINE is ignored',
  ]);
});

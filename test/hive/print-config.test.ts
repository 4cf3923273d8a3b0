import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { printConfig } from '../../src/hive/print-config.js';
import { temporaryFolder } from '../temporary-folder.js';

it('shows every key, its value as JSON and where it came from, in columns', () => {
  const configHome = temporaryFolder();
  const path = join(configHome, 'hum/hives/openai-server.json');
  mkdirSync(join(configHome, 'hum/hives'), { recursive: true });
  writeFileSync(path, '{"apiKey": "sk-secret", "models": ["a", "b"]}');
  const env = { OPENAI_SERVER_PORT: '0', OPENAI_SERVER_SOURCE: 'https://example.org/x' };
  expect(printConfig(loadConfig({ kind: 'openai-server', env, configHome }))).toBe(
    [
      '# openai-server',
      'host             "127.0.0.1"                default',
      'port             0                          env OPENAI_SERVER_PORT',
      `models           ["a","b"]                  file ${path}`,
      `apiKey           "********"                 file ${path}`,
      'thrumSock        (not set)                  default',
      'turnTimeoutMs    240000                     default',
      'readyTimeoutMs   5000                       default',
      'headerHoldMs     10000                      default',
      'promptTimeoutMs  5000                       default',
      'gatherWindowMs   50                         default',
      'drainMs          10000                      default',
      'clientStallMs    60000                      default',
      'maxToneBytes     8388608                    default',
      'maxBodyBytes     33554432                   default',
      'maxBufferBytes   1048576                    default',
      'version          "0.32.15"                  default',
      'wire             "openai/chat-completions"  default',
      'provides         ["session"]                default',
      'source           "https://example.org/x"    env OPENAI_SERVER_SOURCE',
      '',
    ].join('\n'),
  );
});

it('shows a secret that is not set as not set', () => {
  const text = printConfig(loadConfig({ kind: 'openai-server', env: { HOME: temporaryFolder() } }));
  expect(text).toMatch(/^apiKey +\(not set\) +default$/m);
});

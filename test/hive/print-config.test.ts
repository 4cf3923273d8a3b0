import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { CONFIG_KEYS } from '../../src/hive/config-keys.js';
import { printConfig } from '../../src/hive/print-config.js';
import { temporaryFolder } from '../temporary-folder.js';

const KEY_NAMES = CONFIG_KEYS.map(({ name }) => name);

it('shows every key, its value as JSON and where it came from, in columns', () => {
  const configHome = temporaryFolder();
  const path = join(configHome, 'hum/hives/openai-server.json');
  mkdirSync(join(configHome, 'hum/hives'), { recursive: true });
  writeFileSync(path, '{"apiKey": "sk-secret", "models": ["a", "b"]}');
  const env = { OPENAI_SERVER_PORT: '0', OPENAI_SERVER_SOURCE: 'https://example.org/x' };
  const [heading, ...rows] = printConfig(loadConfig({ kind: 'openai-server', env, configHome }))
    .trimEnd()
    .split('\n');
  expect(heading).toBe('# openai-server');
  expect(rows.map((row) => row.split(' ')[0])).toEqual(KEY_NAMES);
  expect(rows.map((row) => row.replace(/ {2,}/g, ' '))).toEqual(
    expect.arrayContaining([
      'host "127.0.0.1" default',
      'port 0 env OPENAI_SERVER_PORT',
      `models ["a","b"] file ${path}`,
      `apiKey "********" file ${path}`,
      'thrumSock (not set) default',
      'provides ["session"] default',
      'source "https://example.org/x" env OPENAI_SERVER_SOURCE',
    ]),
  );
  const secondColumns = rows.map((row) => row.search(/(?<= )\S/));
  expect(new Set(secondColumns).size).toBe(1);
});

it('shows a secret that is not set as not set', () => {
  const text = printConfig(loadConfig({ kind: 'openai-server', env: { HOME: temporaryFolder() } }));
  expect(text).toMatch(/^apiKey +\(not set\) +default$/m);
});

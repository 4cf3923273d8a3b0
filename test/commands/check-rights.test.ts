import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkRights } from '../../src/commands/doctor/check-rights.js';
import { loadConfig } from '../../src/hive/config.js';
import type { HiveConfig } from '../../src/hive/config-keys.js';
import { temporaryFolder } from '../temporary-folder.js';

const DEFAULTS = loadConfig({ kind: 'ollama-server', env: { HOME: '/nonexistent' } }).config;

function check(config: Partial<HiveConfig>, ...keys: readonly object[]) {
  if (keys.length === 0) return checkRights({ ...DEFAULTS, ...config });
  const file = join(temporaryFolder(), 'keys');
  writeFileSync(file, keys.map((key) => JSON.stringify(key)).join('\n'));
  return checkRights({ ...DEFAULTS, ...config, apiKey: `@${file}` });
}

const entry = (fields: object) => ({ models: [{ name: 'm', alias: [], ...fields }] });

describe('what doctor says of rights', () => {
  it.each<[string, readonly object[], Partial<HiveConfig>, string]>([
    ['ok', [], {}, 'nothing else'],
    ['ok', [], { workerTools: 'mesh' }, 'tools of other bees'],
    ['warn', [], { workerTools: 'all' }, 'everybody who reaches the hive'],
    ['warn', [], entry({ workerTools: 'all' }), 'everybody who reaches the hive'],
    ['ok', [], { workerTools: 'none', ...entry({ workerTools: 'all' }) }, 'nothing else'],
    ['ok', [{ key: 's3cret', workerTools: 'all' }], {}, 'nothing else'],
    ['ok', [{ key: 's3cret', workerTools: 'mesh' }], { workerTools: 'all' }, 'tools of other bees'],
    [
      'warn',
      [{ key: 's3cret', workerTools: 'mesh' }, { key: 's3cret-too' }, { key: 's3cret-3', name: 'Ann' }],
      { workerTools: 'all' },
      'whoever has key 2 or key Ann can have commands run',
    ],
  ])('is %s for keys %j and %j', (status, keys, config, detail) => {
    const [finding, ...others] = check(config, ...keys);
    expect(finding).toMatchObject({ status, title: 'rights', detail: expect.stringContaining(detail) });
    expect(others).toEqual([]);
    expect(JSON.stringify(finding)).not.toContain('s3cret');
    if (status === 'ok') expect(finding?.detail).toContain('~/.claude/projects');
    else expect(finding?.remedy).toContain('OLLAMA_SERVER_WORKER_TOOLS=none');
  });

  it('tells of folders that are not there, by who names them', () => {
    const folder = temporaryFolder();
    const findings = check(
      { cwd: folder, cwdRoots: [folder, '/nowhere/roots'], ...entry({ cwd: '/nowhere/m' }) },
      { key: 's3cret', cwd: '/nowhere/key' },
      { key: 's3cret-too', name: 'Ann', cwd: '/nowhere/ann' },
    );
    expect(
      findings.flatMap(({ title, status, detail }) => (title === 'folders' ? [[status, detail]] : [])),
    ).toEqual([
      ['warn', 'cwd of the model m: there is no folder /nowhere/m; requests that it is for get a 503'],
      ['warn', 'cwd of the API key 1: there is no folder /nowhere/key; requests that it is for get a 503'],
      ['warn', 'cwd of the API key Ann: there is no folder /nowhere/ann; requests that it is for get a 503'],
      ['warn', 'cwdRoots: there is no folder /nowhere/roots; no client can name one below it'],
      ['ok', expect.stringContaining('may have Claude Code run commands')],
    ]);
  });

  it('warns of a root of everything, and of texts that are left to the CLI', () => {
    const findings = check({ cwdRoots: ['/'], defuseText: false });
    expect(findings.map(({ title, status }) => `${status} ${title}`)).toEqual([
      'ok rights',
      'warn folders',
      'warn texts',
    ]);
  });
});

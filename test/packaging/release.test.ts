import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { homeEnvironment } from '../program/home-environment.js';
import { temporaryFolder } from '../temporary-folder.js';

const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project that is like this one where a release looks, with tests that end with what `TESTS_END_WITH` says. */
function startProject() {
  const folder = temporaryFolder();
  const env = { ...homeEnvironment(folder), GIT_CONFIG_GLOBAL: '/dev/null', NO_UPDATE_NOTIFIER: '1' };
  const at = (path: string) => join(folder, path);
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.c', ...args], {
      cwd: folder,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const commit = (subject: string, files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) writeFileSync(at(path), text);
    git('add', '--all');
    git('commit', '--quiet', '--message', subject);
  };
  mkdirSync(at('.ci'));
  mkdirSync(at('hives'));
  copyFileSync('.ci/release.mjs', at('.ci/release.mjs'));
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.name', 'A');
  git('config', 'user.email', 'a@b.c');
  commit('all: the beginning', {
    '.gitignore': 'out/\n.npm/\n',
    'package.json': JSON.stringify({
      name: 'thrum-bridge',
      version: '0.1.0',
      files: ['README.md'],
      scripts: { test: 'exit $TESTS_END_WITH' },
    }),
    'package-lock.json': JSON.stringify({ version: '0.1.0', packages: { '': { version: '0.1.0' } } }),
    'CHANGELOG.md': '# Changelog\n\n## 0.1.0, not released yet\n\nAdded:\n\n- Everything.\n',
    'README.md': 'thrum-bridge 0.1.0: ollama-server on …\n',
    'hives/OPERATING.md': '`npx --package thrum-bridge-0.1.0.tgz`\n',
  });
  const release = (
    args: readonly string[] = [],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Ended> =>
    run(process.execPath, ['.ci/release.mjs', ...args], { cwd: folder, env: { ...env, ...more } }).then(
      (ended) => ({ code: 0, ...ended }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  const read = (path: string) => readFileSync(at(path), 'utf8');
  return { at, git, commit, release, read };
}

describe('a release', () => {
  it('has a version, a dated section, a package, a commit and a tag', async () => {
    const { at, git, release, read } = startProject();
    const tried = await release(['--dry-run']);
    expect([tried.code, git('tag'), git('log', '--format=%s')]).toEqual([0, '', 'all: the beginning']);
    const made = await release();
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const today = new Date().toISOString().slice(0, 10);
    expect(read('CHANGELOG.md')).toContain(`## 0.1.0, ${today}\n\nAdded:\n\n- Everything.`);
    expect(git('tag')).toBe('v0.1.0');
    expect(git('log', '-1', '--format=%s')).toBe('release: 0.1.0');
    expect(git('status', '--porcelain')).toBe('');
    expect(existsSync(at('out/release/thrum-bridge-0.1.0.tgz'))).toBe(true);
    expect(made.stdout).toMatch(/sha256 [0-9a-f]{64}\n/);
    expect(made.stdout).toContain('npm publish out/release/thrum-bridge-0.1.0.tgz');
  });

  it('gets a draft of its section where nobody has written one, and goes on from there', async () => {
    const { git, commit, release, read } = startProject();
    git('tag', 'v0.1.0');
    commit('all: released', {
      'CHANGELOG.md': read('CHANGELOG.md').replace('not released yet', '2026-01-01'),
    });
    git('tag', '--force', 'v0.1.0');
    expect((await release()).stderr).toContain('nothing has changed since v0.1.0');
    commit('http: a new thing', { 'new.txt': 'new' });
    const drafted = await release(['minor']);
    expect(drafted.code).toBe(1);
    expect(drafted.stderr).toContain('make sentences for users of it');
    expect(read('CHANGELOG.md')).toContain(
      '## 0.2.0, not released yet\n\nChanged:\n\n- http: a new thing\n\n## 0.1.0, 2026',
    );
    expect(read('README.md')).toContain('thrum-bridge 0.2.0: ');
    expect(read('hives/OPERATING.md')).toContain('thrum-bridge-0.2.0.tgz');
    expect(JSON.parse(read('package-lock.json'))).toEqual({
      version: '0.2.0',
      packages: { '': { version: '0.2.0' } },
    });
    commit('release: notes', {});
    expect((await release()).code).toBe(0);
    expect(git('tag')).toBe('v0.1.0\nv0.2.0');
  });

  it('is refused, and changes nothing, where something is not as it has to be', async () => {
    const { at, git, commit, release, read } = startProject();
    const refused = async (args: readonly string[], env = {}) => {
      const before = [git('status', '--porcelain'), git('log', '--format=%H'), read('CHANGELOG.md')];
      const { code, stderr } = await release(args, env);
      expect(code).toBe(1);
      expect([git('status', '--porcelain'), git('log', '--format=%H'), read('CHANGELOG.md')]).toEqual(before);
      expect(git('tag')).toBe('');
      return stderr;
    };
    expect(await refused(['soon'])).toContain('soon is no version');
    expect(await refused(['--force'])).toContain('--force means nothing here');
    expect(await refused(['0.0.9'])).toContain('0.0.9 does not come after 0.1.0');
    expect(await refused([], { TESTS_END_WITH: '3' })).toContain('npm test');
    writeFileSync(at('left.txt'), 'left');
    expect(await refused([])).toContain('not committed:\n?? left.txt');
    commit('all: no words', { 'CHANGELOG.md': '# Changelog\n\n## 0.1.0, not released yet\n' });
    expect(await refused([])).toContain('says nothing');
  });
});

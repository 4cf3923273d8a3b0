import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';

const run = promisify(execFile);
const ENTRY = 'dist/main.js';

/** Runs a script on a Node that says it is of this version. */
async function runAs(version: string, script: string, ...args: readonly string[]) {
  const disguise = join(temporaryFolder(), 'disguise.cjs');
  writeFileSync(disguise, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
  const running = run(process.execPath, ['--require', disguise, script, ...args]);
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

const { engines, version: ours } = JSON.parse(readFileSync('package.json', 'utf8'));

describe('a Node that is too old', () => {
  it.each(['10.24.1', '16.20.2', '18.20.8', '20.18.3', '21.7.3', '22.11.0'])(
    '%s ends with 78 and one line that says which to install',
    async (found) => {
      const { code, stdout, stderr } = await runAs(found, ENTRY);
      expect([code, stdout]).toEqual([78, '']);
      expect(stderr).toMatch(
        new RegExp(`^thrum-bridge: needs Node 20\\.19, 22\\.12 or newer, and this is ${found}: .*\n$`),
      );
      expect(await runAs(found, 'hives/shell/check-node.cjs')).toMatchObject({ code: 78, stdout: '' });
    },
  );

  it('can read the entry, which is a script without imports and without new syntax', () => {
    const text = readFileSync(ENTRY, 'utf8');
    expect(() => new Script(text)).not.toThrow();
    expect(text.replace(/\/\*\*.*?\*\/|\/\/.*/gs, '')).not.toMatch(/\?\.|\?\?|node:|\bawait\b/);
  });
});

describe('a Node that is new enough', () => {
  it.each(['20.19.0', '20.20.2', '22.12.0', '24.0.0', '26.10.0'])('%s runs the program', async (found) => {
    expect(await runAs(found, ENTRY, '--version')).toEqual({ code: 0, stdout: `${ours}\n`, stderr: '' });
    expect(await runAs(found, 'hives/shell/check-node.cjs')).toMatchObject({
      code: 0,
      stdout: process.execPath,
    });
  });

  it('is the one that the package asks for', () => {
    expect(engines.node).toBe('^20.19.0 || >=22.12.0');
  });

  it('sees no warning of npm ci', async () => {
    const { stdout, stderr } = await run('npm', ['ci', '--dry-run', '--ignore-scripts', '--offline']);
    expect(stdout + stderr).not.toMatch(/warn|deprecated/i);
  });
});

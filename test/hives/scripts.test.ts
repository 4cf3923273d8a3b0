import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { listHives } from '../../src/hive/hives.js';
import { PROJECT } from './machine.js';
import { systemProgram } from '../system-program.js';

const HIVES = join(PROJECT, 'hives');

const STUBS = listHives().flatMap((kind) => [join(HIVES, kind, 'install'), join(HIVES, kind, 'build')]);
const SHARED = readdirSync(join(HIVES, 'shell'))
  .filter((name) => name.endsWith('.sh'))
  .map((name) => join(HIVES, 'shell', name));
const SCRIPTS = [...STUBS, ...SHARED];

/** What bash 3.2 of macOS does not know. */
const NEWER_THAN_BASH_3_2 = [
  /\b(?:declare|local|typeset|readonly) -[a-zA-Z]*[Agnlu]/,
  /\b(?:mapfile|readarray|coproc)\b/,
  /\$\{[^}]*(?:\^|,,|@[A-Za-z])\}?/,
  /\|&|&>>|;;?&/,
  /\[\[? -v /,
  /\bwait -n\b|\bprintf -v [^ ]*\[|%\([^)]*\)T|\$\{?EPOCH/,
  /\$\{[^}]*: -\d|\[-1\]/,
];

describe('the shell scripts', () => {
  const shellcheck = systemProgram('shellcheck');
  it.skipIf(shellcheck.isSkipped)(`have no complaints from shellcheck${shellcheck.note}`, async () => {
    shellcheck.demand();
    const { stdout } = await promisify(execFile)('shellcheck', SCRIPTS, { cwd: '/' }).catch((error) => error);
    expect(stdout).toBe('');
  });

  it.each(SCRIPTS.map((path) => relative(HIVES, path)))(
    '%s has nothing that bash 3.2 does not know',
    (path) => {
      for (const [index, line] of readFileSync(join(HIVES, path), 'utf8').split('\n').entries())
        for (const construct of NEWER_THAN_BASH_3_2) expect(line, `line ${index + 1}`).not.toMatch(construct);
    },
  );

  it.each(STUBS.map((path) => relative(HIVES, path)))('%s may be run', (path) => {
    expect(statSync(join(HIVES, path)).mode & 0o111).toBe(0o111);
  });
});

describe('a hive', () => {
  it.each(['install', 'build'])('has the same %s as any other', (file) => {
    const texts = listHives().map((kind) => readFileSync(join(HIVES, kind, file), 'utf8'));
    expect(new Set(texts).size).toBe(1);
  });

  it('takes less than 20 lines, as lmstudio-server shows', () => {
    const files = readdirSync(join(HIVES, 'lmstudio-server'));
    expect(files.sort()).toEqual(['Orchfile', 'build', 'default.json', 'install']);
    const lines = files.flatMap((file) =>
      readFileSync(join(HIVES, 'lmstudio-server', file), 'utf8')
        .trimEnd()
        .split('\n'),
    );
    expect(lines.length).toBeLessThan(20);
    expect(readFileSync(join(HIVES, 'README.md'), 'utf8')).toContain(`That is all: ${lines.length} lines`);
  });

  it('that nobody knows is answered with the known ones', async () => {
    const program = join(PROJECT, 'dist', 'main.js');
    const error = await promisify(execFile)(process.execPath, [program, 'lmstudio']).catch(
      (failure) => failure,
    );
    expect(error).toMatchObject({
      code: 78,
      stderr: expect.stringContaining(`the known ones are ${listHives().join(', ')}`),
    });
  });
});

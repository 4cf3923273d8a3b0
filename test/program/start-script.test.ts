import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';

const run = promisify(execFile);
const BEFORE = new Date('2020-01-01');
const AFTER = new Date('2020-01-02');

interface Dates {
  /** Undefined: there are no sources. */
  readonly source: Date | undefined;
  /** Undefined: nothing is built. */
  readonly built: Date | undefined;
}

/** What `npm start` does first in such a checkout, where `npm run build` ends with this exit code. */
async function startIn({ source, built }: Dates, exitCode = 0) {
  const folder = temporaryFolder();
  const put = (path: string, date: Date | undefined) => {
    if (date === undefined) return;
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
    utimesSync(file, date, date);
  };
  put('src/folder/source.ts', source);
  put('dist/program.js', built);
  cpSync('build-if-older.cjs', join(folder, 'build-if-older.cjs'));
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  const npm = `#!/bin/sh\necho "npm $*" >>"${folder}/calls"\necho what the compiler says\nexit ${exitCode}\n`;
  writeFileSync(join(tools, 'npm'), npm, { mode: 0o755 });
  writeFileSync(join(folder, 'calls'), '');
  const env = { ...process.env, PATH: `${tools}${delimiter}${process.env['PATH']}` };
  const script = join(folder, 'build-if-older.cjs');
  const ended = await run(process.execPath, [script], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
  const { stdout: calls } = await run('cat', [join(folder, 'calls')]);
  return { ...ended, calls };
}

const BUILD = 'npm run --silent build\n';

describe('npm start', () => {
  it.each([
    ['a source is newer than what is built', { source: AFTER, built: BEFORE }, BUILD],
    ['nothing is built', { source: BEFORE, built: undefined }, BUILD],
    ['what is built is newer', { source: BEFORE, built: AFTER }, ''],
    ['there are no sources, as in a package', { source: undefined, built: undefined }, ''],
  ])('builds what has to be built where %s', async (_name, dates, calls) => {
    const started = await startIn(dates);
    expect(started).toMatchObject({ code: 0, stdout: '', calls });
  });

  it('ends with what the compiler says where that fails', async () => {
    const { code, stdout, stderr } = await startIn({ source: AFTER, built: BEFORE }, 2);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('what the compiler says');
  });
});

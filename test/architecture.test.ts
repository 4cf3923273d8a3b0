import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** For each folder of src, the folders that its files may import from besides their own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  conversation: [],
  http: ['conversation'],
  'http/ollama': ['conversation', 'http'],
  'http/openai': ['conversation', 'http'],
  structured: ['conversation'],
  thrum: ['conversation'],
  hive: ['conversation'],
  daemon: [],
  run: ['conversation', 'http', 'http/ollama', 'http/openai', 'structured', 'thrum', 'hive', 'daemon'],
  '.': ['run', 'hive'],
};

/** What a folder may take from another one, file by file. */
const ALSO = new Set(['daemon thrum/codec.ts']);

/** Files that may touch the environment, signals and exit codes. */
const MAINS = ['main.ts', 'daemon/main.ts'];

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'));

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join('src', file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    relative('src', join('src', dirname(file), path)).replace(/\.js$/, '.ts'),
  );
}

describe('the layers', () => {
  it('cover every folder', () => {
    expect(new Set(files.map((file) => dirname(file)))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  });

  it.each(files)('%s imports only what its layer may', (file) => {
    const folder = dirname(file);
    const forbidden = importsOf(file).filter((imported) => {
      const from = dirname(imported);
      return from !== folder && !MAY_IMPORT[folder]?.includes(from) && !ALSO.has(`${folder} ${imported}`);
    });
    expect(forbidden).toEqual([]);
  });

  it('leave the environment, signals and exit codes to the mains', () => {
    const offenders = files.filter(
      (file) =>
        !MAINS.includes(file) &&
        /process\.(env|exit|exitCode|on|argv)\b/.test(readFileSync(join('src', file), 'utf8')),
    );
    expect(offenders).toEqual([]);
  });
});

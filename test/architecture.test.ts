import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The layers, and what each may import from besides itself. A folder within a layer belongs to it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  shared: [],
  threads: ['core'],
  http: ['core', 'threads', 'shared', 'observe'],
  'http/anthropic': ['core', 'http', 'threads'],
  'http/ollama': ['core', 'http', 'threads'],
  'http/openai': ['core', 'http', 'threads', 'shared', 'observe'],
  'http/openapi': ['core', 'http'],
  'http/ui': ['core', 'http', 'http/openapi', 'observe'],
  observe: ['core'],
  turns: ['core', 'threads', 'shared', 'observe'],
  journal: ['core', 'threads', 'shared', 'observe'],
  thrum: ['core', 'turns', 'threads', 'shared'],
  hive: ['core', 'observe'],
  daemon: [],
  upstream: ['core', 'thrum', 'daemon'],
  run: [
    'core',
    'http',
    'http/anthropic',
    'http/ollama',
    'http/openai',
    'http/openapi',
    'http/ui',
    'observe',
    'turns',
    'shared',
    'journal',
    'thrum',
    'hive',
    'daemon',
    'upstream',
  ],
  commands: ['core', 'thrum', 'hive', 'daemon', 'upstream', 'run', 'observe'],
  '.': ['core', 'run', 'hive', 'commands', 'observe'],
};

/** What a folder may take from another one, file by file. */
const ALSO = new Set(['daemon thrum/link/tone-codec.ts']);

/** Files that may touch the environment, signals and exit codes. */
const MAINS = ['program.ts', 'daemon/main.ts'];

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'));

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join('src', file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    relative('src', join('src', dirname(file), path)).replace(/\.js$/, '.ts'),
  );
}

/** The innermost layer that a file is in. */
function layerOf(file: string): string {
  const folder = dirname(file);
  const layers = Object.keys(MAY_IMPORT).filter(
    (layer) => folder === layer || folder.startsWith(`${layer}/`),
  );
  return layers.sort((one, other) => other.length - one.length)[0] ?? `${folder}: no layer`;
}

describe('the layers', () => {
  it('cover every file, and none is empty', () => {
    expect(new Set(files.map(layerOf))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  });

  it.each(files)('%s imports only what its layer may', (file) => {
    const layer = layerOf(file);
    const forbidden = importsOf(file).filter((imported) => {
      const from = layerOf(imported);
      return from !== layer && !MAY_IMPORT[layer]?.includes(from) && !ALSO.has(`${layer} ${imported}`);
    });
    expect(forbidden).toEqual([]);
  });

  it('leave the environment, signals and exit codes to the mains', () => {
    const offenders = files.filter(
      (file) =>
        !MAINS.includes(file) &&
        /process\.(env|exit|exitCode|on|argv)\b/.test(readFileSync(join('src', file), 'utf8')),
    );
    // Where hum's files are is told by the environment of whatever program it is a part of.
    expect(offenders).toEqual(['library.ts']);
    expect(readFileSync('src/library.ts', 'utf8')).not.toMatch(/process\.(exit|exitCode|on|argv)\b/);
  });
});

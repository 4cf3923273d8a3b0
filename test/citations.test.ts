/** Every section of a README that a comment, a test or another README cites is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const TEXT = /\.(ts|js|mjs|cjs|md|sh)$/;
/** `src/thrum/README.md, "Handshake"`; further sections of the same file follow as `and "Envelope"`. */
const CITATION = /([\w./-]*README\.md), ("[^"\n]+"(?: and "[^"\n]+")*)/g;

/** A section of a document that is not part of the project, other than an RFC. */
const STRAY = /\bspec\/\w+\.(?:md|json)|§ ?\d/;
const RFC_SECTION = /RFC \d+ §[\d.]+/g;

interface Citation {
  readonly from: string;
  readonly readme: string;
  readonly section: string;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && TEXT.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A path is from the root, or in a README also from its own folder. */
function resolve(from: string, readme: string): string {
  const beside = join(dirname(from), readme);
  return from.endsWith('.md') && existsSync(beside) ? beside : readme;
}

/** Its lines joined: a comment may break one within a citation. */
function textOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/\n\s*(?:\*|\/\/)? */g, ' ');
}

function citationsIn(from: string): readonly Citation[] {
  return [...textOf(from).matchAll(CITATION)].flatMap(([, readme = '', sections = '']) =>
    [...sections.matchAll(/"([^"]+)"/g)].map(([, section = '']) => ({
      from,
      readme: resolve(from, readme),
      section,
    })),
  );
}

function headingsOf(readme: string): readonly string[] {
  if (!existsSync(readme)) return [];
  return [...readFileSync(readme, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
}

const SELF = 'test/citations.test.ts';
const files = [...['src', 'test', 'hives'].flatMap(filesIn), 'README.md'].filter((file) => file !== SELF);

describe('a citation', () => {
  it('names a section that is there', () => {
    const citations = files.flatMap(citationsIn);
    expect(citations.length).toBeGreaterThan(100);
    expect(citations.filter(({ readme, section }) => !headingsOf(readme).includes(section))).toEqual([]);
  });

  it('names nothing that a reader does not have', () => {
    const strays = files.filter((file) => STRAY.test(textOf(file).replace(RFC_SECTION, '')));
    expect(strays).toEqual([]);
  });
});

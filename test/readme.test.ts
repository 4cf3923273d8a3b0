import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONFIG_KEYS } from '../src/hive/config-keys.js';
import { HUM_MODELS } from '../src/hive/catalogue.js';
import { listServers, readDefaults } from '../src/hive/hives.js';

const DOCUMENTS = ['README.md', 'hives/CONFIGURATION.md', 'hives/OPERATING.md', 'hives/EXAMPLES.md'];
const readme = readFileSync('README.md', 'utf8');
const told = DOCUMENTS.map((path) => readFileSync(path, 'utf8')).join('\n');

/** The cells of a table's row that begins with this one. */
function rowOf(first: string): readonly string[] | undefined {
  const line = told.split('\n').find((text) => text.startsWith(`| \`${first}\``));
  return line
    ?.split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

describe('the README', () => {
  it('is read in some minutes', () => {
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(12_288);
  });

  it.each(CONFIG_KEYS)('lists the key $name with its default', ({ name, default: value }) => {
    const shown = rowOf(name)?.[1]?.replaceAll('`', '');
    if (Array.isArray(value) && value.length > 0) expect(shown).toBe(value.join(', '));
    else if (typeof value === 'number' || (typeof value === 'string' && name !== 'source'))
      expect(shown).toBe(String(value));
    else expect(shown).toBeDefined();
  });

  it.each(listServers())('lists the hive %s with its port', (kind) => {
    expect(rowOf(kind)?.[1]).toBe(String(readDefaults(kind)['port']));
  });

  it("asks in its examples for models that hum's worker serves and the echo too", () => {
    const asked = [...told.matchAll(/["']?model["']?[:=] ?["']([^"']+)["']/g)].map(([, name]) => name);
    const byDefault = CONFIG_KEYS.find(({ name }) => name === 'models')?.default;
    expect(asked.length).toBeGreaterThan(5);
    expect(HUM_MODELS).toEqual(expect.arrayContaining([byDefault].flat()));
    expect(new Set(asked)).toEqual(new Set([[byDefault].flat()[0], 'echo']));
  });
});

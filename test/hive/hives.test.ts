import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { ConfigError } from '../../src/hive/config-error.js';
import { CONFIG_KEYS, configSchema } from '../../src/hive/config-keys.js';
import { defaultsPath, listHives, listServers, readDefaults } from '../../src/hive/hives.js';
import { temporaryFolder } from '../temporary-folder.js';

const KEY_NAMES = CONFIG_KEYS.map(({ name }) => name);

describe('the hives of the package', () => {
  it('are those that have a default.json', () => {
    expect(listHives()).toEqual(
      expect.arrayContaining(['ollama-server', 'openai-server', 'upstream-worker']),
    );
    expect(listHives()).toEqual([...listHives()].sort());
  });

  it('all answer HTTP but the worker, which has keys of its own', () => {
    expect(listHives().filter((kind) => !listServers().includes(kind))).toEqual(['upstream-worker']);
    expect(() => loadConfig({ kind: 'upstream-worker', env: {} })).toThrow(
      'upstream-worker is a worker, which has no port',
    );
  });

  it.each(listServers())('%s: default.json has only known keys', (kind) => {
    const written: unknown = JSON.parse(readFileSync(defaultsPath(kind), 'utf8'));
    expect(written).toEqual(readDefaults(kind));
    expect(KEY_NAMES).toEqual(expect.arrayContaining(Object.keys(readDefaults(kind))));
  });

  it.each(listServers())('%s: default.json repeats nothing that holds for every hive', (kind) => {
    const common = Object.fromEntries(CONFIG_KEYS.map((key) => [key.name, key.default]));
    for (const [key, value] of Object.entries(readDefaults(kind))) {
      if (common[key] !== undefined && key !== 'provides') expect(value, key).not.toEqual(common[key]);
    }
  });

  it.each(listServers())('%s: an empty environment gives default.json on top of the table', (kind) => {
    const common = Object.fromEntries(CONFIG_KEYS.map((key) => [key.name, key.default]));
    const { config, entries, warnings } = loadConfig({ kind, env: { HOME: temporaryFolder() } });
    expect(config).toEqual({ ...configSchema.parse({ ...common, ...readDefaults(kind) }), kind });
    expect(entries.map(({ key }) => key)).toEqual(KEY_NAMES);
    for (const entry of entries) expect(entry.source).toEqual({ type: 'default' });
    expect(warnings).toEqual([]);
  });
});

describe('an unknown hive', () => {
  it.each([
    ['olama-server', ' ollama-server?'],
    ['OpenAI_server', ' openai-server?'],
  ])('%s is refused with the known ones and the nearest', (kind, proposal) => {
    expect(() => readDefaults(kind)).toThrow(ConfigError);
    expect(() => readDefaults(kind)).toThrow(
      `unknown hive "${kind}": the known ones are ${listHives().join(', ')}; did you mean${proposal}`,
    );
  });

  it.each(['weather', '', '..', '../hives/ollama-server', 'constructor'])('%j has no proposal', (kind) => {
    expect(() => loadConfig({ kind, env: {} })).toThrow(
      new ConfigError(`unknown hive ${JSON.stringify(kind)}: the known ones are ${listHives().join(', ')}`),
    );
  });
});

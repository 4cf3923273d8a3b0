import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { ConfigError } from '../../src/hive/config-error.js';
import { temporaryFolder } from '../temporary-folder.js';

const KIND = 'ollama-server';

/** A config home whose file for the Ollama hive holds `content`: text as it is, everything else as JSON. */
function write(content: unknown): { configHome: string; path: string } {
  const configHome = temporaryFolder();
  const path = join(configHome, 'hum', 'hives', `${KIND}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return { configHome, path };
}

function load(content: unknown, env: Record<string, string> = {}) {
  return loadConfig({ kind: KIND, env, configHome: write(content).configHome });
}

/** The error that `load` throws, which is a single line. */
function errorOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const message = error instanceof Error ? error.message : '';
    expect(message).not.toMatch(/[\r\n]/);
    return message;
  }
  throw new Error('nothing was thrown');
}

describe('precedence', () => {
  it('is environment, file, default, key by key', () => {
    const { configHome, path } = write({ port: 1, host: '::1', drainMs: 7 });
    const env = { OLLAMA_SERVER_PORT: '2', OLLAMA_SERVER_TURN_TIMEOUT_MS: '9' };
    const { config, entries } = loadConfig({ kind: KIND, env, configHome });
    expect(config).toMatchObject({
      port: 2,
      host: '::1',
      drainMs: 7,
      turnTimeoutMs: 9,
      readyTimeoutMs: 5_000,
    });
    const sources = Object.fromEntries(entries.map(({ key, source }) => [key, source]));
    expect(sources['port']).toEqual({ type: 'env', name: 'OLLAMA_SERVER_PORT' });
    expect(sources['host']).toEqual({ type: 'file', path });
    expect(sources['readyTimeoutMs']).toEqual({ type: 'default' });
  });

  it('a file that is missing is fine', () => {
    expect(loadConfig({ kind: KIND, env: {}, configHome: temporaryFolder() }).config.port).toBe(11434);
  });

  it('a config home that is no folder is fine', () => {
    expect(loadConfig({ kind: KIND, env: {}, configHome: '/dev/null' }).config.port).toBe(11434);
  });

  it('the hives do not see each other', () => {
    const { configHome } = write({ port: 1 });
    const env = { OLLAMA_SERVER_PORT: '2' };
    expect(loadConfig({ kind: 'openai-server', env, configHome }).config).toMatchObject({
      kind: 'openai-server',
      port: 14620,
      wire: 'openai/chat-completions',
      provides: ['session'],
    });
  });

  it.each(['', ' ', '\t\n'])('a variable that is %j counts as not set', (text) => {
    const { config, warnings } = load({ port: 5 }, { OLLAMA_SERVER_PORT: text, OLLAMA_SERVER_PROT: text });
    expect(config.port).toBe(5);
    expect(warnings).toEqual([]);
  });

  it('null in a file counts as not set', () => {
    const { config, entries } = load({ port: null, apiKey: null, models: null });
    expect(config).toMatchObject({ port: 11434, apiKey: undefined });
    expect(config.models).toHaveLength(3);
    expect(entries.find(({ key }) => key === 'port')?.source).toEqual({ type: 'default' });
  });

  it("takes the file that hum's own openai-server seeds, with its empty apiKey", () => {
    const { config } = load({ host: '127.0.0.1', port: 14620, apiKey: '' });
    expect(config.apiKey).toBeUndefined();
  });

  it('takes an empty list from a file and a lone comma from the environment', () => {
    expect(load({ models: [] }).config.models).toEqual([]);
    expect(load({}, { OLLAMA_SERVER_MODELS: ',' }).config.models).toEqual([]);
  });

  it('takes a file with a byte order mark', () => {
    expect(load('\uFEFF{"port": 5}').config.port).toBe(5);
  });
});

describe('the config home', () => {
  it('is XDG_CONFIG_HOME', () => {
    const { configHome } = write({ port: 5 });
    expect(loadConfig({ kind: KIND, env: { XDG_CONFIG_HOME: configHome } }).config.port).toBe(5);
  });

  it('is ~/.config without it', () => {
    const home = temporaryFolder();
    mkdirSync(join(home, '.config/hum/hives'), { recursive: true });
    writeFileSync(join(home, `.config/hum/hives/${KIND}.json`), '{"port": 6}');
    expect(loadConfig({ kind: KIND, env: { HOME: home } }).config.port).toBe(6);
    expect(loadConfig({ kind: KIND, env: { HOME: home, XDG_CONFIG_HOME: '' } }).config.port).toBe(6);
  });
});

describe('thrumSock', () => {
  const all = {
    OLLAMA_SERVER_THRUM_SOCK: '/own',
    HUM_THRUM_SOCK: '/hum',
    HUM_SOCKET: '/old',
  };

  it.each([
    [all, '/own', { type: 'env', name: 'OLLAMA_SERVER_THRUM_SOCK' }],
    [{ ...all, OLLAMA_SERVER_THRUM_SOCK: '' }, '/hum', { type: 'env', name: 'HUM_THRUM_SOCK' }],
    [{ HUM_SOCKET: '/old' }, '/old', { type: 'env', name: 'HUM_SOCKET' }],
  ])('%j gives %s', (env, path, source) => {
    const { config, entries } = load({ thrumSock: '/file' }, env);
    expect(config.thrumSock).toBe(path);
    expect(entries.find(({ key }) => key === 'thrumSock')?.source).toEqual(source);
  });

  it('comes from the file, or from nowhere', () => {
    expect(load({ thrumSock: '/file' }).config.thrumSock).toBe('/file');
    expect(load({}).config.thrumSock).toBeUndefined();
  });

  it('names the variable that was wrong', () => {
    expect(errorOf(() => load({}, { HUM_SOCKET: 'thrum.sock' }))).toBe(
      'thrumSock (HUM_SOCKET) is "thrum.sock" but must be an absolute path',
    );
  });
});

describe('a wrong value', () => {
  it.each(['abc', '1434x', '80.5', '70000', '-1', 'tcp://10.0.0.1:11434'])(
    'port %s in the environment is an error that names key, variable, value and what is allowed',
    (text) => {
      const shown = /^-?\d+$/.test(text) ? text : `"${text}"`;
      expect(errorOf(() => load({}, { OLLAMA_SERVER_PORT: text }))).toBe(
        `port (OLLAMA_SERVER_PORT) is ${shown} but must be a whole number from 0 to 65535`,
      );
    },
  );

  it.each([
    ['port', 'abc', '"abc"', 'a whole number from 0 to 65535'],
    ['port', '80', '"80"', 'a whole number from 0 to 65535'],
    ['port', 80.5, '80.5', 'a whole number from 0 to 65535'],
    ['port', 70_000, '70000', 'a whole number from 0 to 65535'],
    ['port', -1, '-1', 'a whole number from 0 to 65535'],
    ['port', {}, '{}', 'a whole number from 0 to 65535'],
    ['models', 5, '5', 'a list of names, or of objects with a name and what is to be said of the model'],
    [
      'models',
      { a: 1 },
      '{"a":1}',
      'a list of names, or of objects with a name and what is to be said of the model',
    ],
    [
      'models',
      'a\nb',
      '"a\\nb"',
      'a list of names, or of objects with a name and what is to be said of the model',
    ],
    ['host', '', '""', 'a host name or IP address, without scheme, port or brackets'],
    ['drainMs', 0, '0', 'a whole number of milliseconds from 1 to 2147483647'],
    ['wire', 'x'.repeat(99), undefined, ''],
    ['wire', `${'x'.repeat(98)} `, `"${'x'.repeat(38)}…`, 'a text without spaces, such as ollama/api'],
  ])('%s %j in a file is judged with its path', (key, value, shown, allowed) => {
    const { configHome, path } = write({ [key]: value });
    const read = () => loadConfig({ kind: KIND, env: {}, configHome });
    if (shown === undefined) expect(read().config).toMatchObject({ [key]: value });
    else
      expect(errorOf(read)).toBe(
        `${key} (${path}, line 1, column ${key.length + 5}) is ${shown} but must be ${allowed}`,
      );
  });

  it('is no error where the environment replaces it', () => {
    expect(load({ port: 'abc' }, { OLLAMA_SERVER_PORT: '5' }).config.port).toBe(5);
  });

  it('is never shown if it is a secret', () => {
    expect(errorOf(() => load({ apiKey: ['sk-secret'] }))).not.toContain('sk-secret');
    expect(errorOf(() => load({}, { OLLAMA_SERVER_API_KEY: ',' }))).toBe(
      'apiKey (OLLAMA_SERVER_API_KEY) must be a text with at least one key, several separated by commas',
    );
  });
});

describe('a file that is no configuration', () => {
  it.each([
    ['', 'is not JSON'],
    ['{"port": 1,}', 'is not JSON'],
    ['{"apiKey": "sk-secret"', 'is not JSON'],
    ['[]', 'holds an array'],
    ['null', 'holds null'],
    ['5', 'holds a number'],
    ['"sk-secret"', 'holds a string'],
    ['true', 'holds a boolean'],
  ])('%j is refused by its path, and its content is not shown', (content, complaint) => {
    const { configHome, path } = write(content);
    const message = errorOf(() => loadConfig({ kind: KIND, env: {}, configHome }));
    expect(message).toMatch(
      new RegExp(`^${path}(, line 1, column \\d+)?: ${complaint}; it must hold one JSON object`),
    );
    expect(message).not.toContain('secret');
  });

  it('is refused if it is a folder', () => {
    const configHome = temporaryFolder();
    const path = join(configHome, 'hum/hives', `${KIND}.json`);
    mkdirSync(path, { recursive: true });
    expect(errorOf(() => loadConfig({ kind: KIND, env: {}, configHome }))).toBe(
      `${path}: is a folder; it must be a file with one JSON object`,
    );
  });

  it('is refused if it cannot be read', () => {
    const configHome = temporaryFolder();
    const path = join(configHome, 'hum/hives', `${KIND}.json`);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(path, path);
    expect(errorOf(() => loadConfig({ kind: KIND, env: {}, configHome }))).toBe(
      `${path}: cannot be read (ELOOP)`,
    );
  });

  it('is refused in one line even if its path has several', () => {
    const configHome = join(temporaryFolder(), 'a\nb');
    mkdirSync(join(configHome, 'hum/hives', `${KIND}.json`), { recursive: true });
    expect(errorOf(() => loadConfig({ kind: KIND, env: {}, configHome }))).toContain('is a folder');
  });
});

describe('an unknown name', () => {
  it('in the file is a warning with the nearest key', () => {
    const { configHome, path } = write({ prot: 1, port: 5, 'some\nthing': 2 });
    const { config, warnings } = loadConfig({ kind: KIND, env: {}, configHome });
    expect(config.port).toBe(5);
    expect(warnings).toEqual([
      `${path}, line 1, column 2: the unknown key "prot" is ignored; did you mean "port"?`,
      `${path}, line 1, column 20: the unknown key "some\\nthing" is ignored`,
    ]);
  });

  it('in the environment is a warning with the nearest variable', () => {
    const env = {
      OLLAMA_SERVER_PROT: '1',
      OLLAMA_SERVER_ZZZZZZZZ: '1',
      OLLAMA_HOST: '1',
      OPENAI_SERVER_PROT: '1',
    };
    expect(load({}, env).warnings).toEqual([
      'the unknown environment variable OLLAMA_SERVER_PROT is ignored; did you mean OLLAMA_SERVER_PORT?',
      'the unknown environment variable OLLAMA_SERVER_ZZZZZZZZ is ignored',
      'OLLAMA_HOST is for clients of Ollama and not obeyed here: set OLLAMA_SERVER_HOST and OLLAMA_SERVER_PORT',
    ]);
  });

  it.each(['__proto__', 'constructor', 'toString', 'kind'])('%s in the file does no harm', (key) => {
    const { config, warnings } = load(`{"${key}": {"port": 1, "apiKey": "a"}}`);
    expect(config).toMatchObject({ kind: KIND, port: 11434 });
    expect(config.apiKey).toBeUndefined();
    expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`the unknown key "${key}" is ignored`);
  });
});

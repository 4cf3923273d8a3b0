/** What a wrong file is told: where in it, which entry, which key, and the words that are allowed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { readConfigFile } from '../../src/hive/config-file.js';
import { temporaryFolder } from '../temporary-folder.js';
import { runProgram } from '../program/run-program.js';

const KIND = 'ollama-server';

function write(text: string, path = `hum/hives/${KIND}.json`, configHome = temporaryFolder()) {
  const file = join(configHome, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return { configHome, file };
}

const load = (configHome: string) => loadConfig({ kind: KIND, env: { HOME: configHome }, configHome });

function messageFor(text: string): string {
  const { configHome, file } = write(text);
  try {
    load(configHome);
  } catch (error) {
    return Object(error).message.replace(file, 'FILE');
  }
  throw new Error('it was taken');
}

describe('a wrong value', () => {
  it.each([
    [
      '{\n  "host": "127.0.0.1",\n  "port": "11434"\n}',
      'port (FILE, line 3, column 11) is "11434" but must be ',
    ],
    ['{"hosts": [\n"a",\n 5]}', 'hosts (FILE, line 3, column 2) is ["a",5] but must be '],
    ['{"thrumSocks": [\n{"socket": "/a", "roster": "b"}]}', 'thrumSocks (FILE, line 2, column 28) is '],
    ['{"port": 1,\n "port": -1}', 'port (FILE, line 2, column 10) is -1 but must be '],
    ['{\n"apiKey": 5}', 'apiKey (FILE, line 2, column 11) must be a text'],
  ])('%j', (text, message) => {
    expect(messageFor(text)).toContain(message);
  });

  it.each([
    [
      '"visions"',
      'models[1].capabilities[1] of "gpt" (FILE, line 3, column 44) is "visions" but must be one of completion, tools, insert, vision, embedding, thinking',
    ],
    ['5', 'models[1].capabilities[1] of "gpt" (FILE, line 3, column 44) is 5 but must be one of '],
  ])('in the capabilities of a model: %s', (word, message) => {
    const entry = `{ "name": "gpt", "capabilities": ["tools", ${word}] }`;
    expect(messageFor(`{"models": [\n"claude",\n${entry}]}`)).toContain(message);
  });

  it.each([
    [
      '{ "name": "gpt", "contextLenght": 5 }',
      'models[0] of "gpt" (FILE, line 2, column 18) has the unknown key "contextLenght": did you mean "contextLength"? There are name, alias, contextLength, ',
    ],
    [
      '{ "name": "gpt", "contextLength": 0 }',
      'models[0].contextLength of "gpt" (FILE, line 2, column 35) is 0 but must be a whole number of tokens, at least 1',
    ],
    [
      '{ "name": "gpt", "workerTools": "some" }',
      'models[0].workerTools of "gpt" (FILE, line 2, column 33) is "some" but must be one of none, mesh, all',
    ],
    [
      '{ "name": "gpt", "cwd": "relative" }',
      'models[0].cwd of "gpt" (FILE, line 2, column 25) is "relative" but must be an absolute path',
    ],
    [
      '{ "contextLength": 5 }',
      'models[0] (FILE, line 2, column 1) has no name, which must be a text that is not empty',
    ],
    [
      '{ "name": " " }',
      'models[0].name (FILE, line 2, column 11) is " " but must be a text that is not empty',
    ],
    ['7', 'models[0] (FILE, line 2, column 1) is 7 but must be a name, or an object with a name'],
    ['""', 'models[0] (FILE, line 2, column 1) is "" but must be a name, or an object with a name'],
  ])('in an entry of models: %s', (entry, message) => {
    expect(messageFor(`{"models": [\n${entry}]}`)).toContain(message);
  });

  it('has no line where it comes from the environment', () => {
    const { configHome } = write('{"port": 5}');
    const env = { HOME: configHome, OLLAMA_SERVER_PORT: 'abc' };
    expect(() => loadConfig({ kind: KIND, env, configHome })).toThrow('port (OLLAMA_SERVER_PORT) is "abc"');
  });

  it('ends the program with one line and 78', async () => {
    const home = temporaryFolder();
    write('{\n  "models": [{"name": "a", "family": 5}]\n}', undefined, join(home, 'config'));
    const { exitCode, stderr } = await runProgram([], { home }).ended();
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(
      /^thrum-bridge: models\[0\]\.family of "a" \(.*ollama-server\.json, line 2, column 38\) is 5 but must be a text that is not empty\n$/,
    );
  });
});

describe('what is no JSON', () => {
  it.each([
    ['', 1, 1],
    ['{\n  "port": 5,\n}', 3, 1],
    ['{\n  "port" 5\n}', 2, 10],
    ['{\n  port: 5\n}', 2, 3],
    ["{\n  'port': 5\n}", 2, 3],
    ['{"port": 5} x', 1, 13],
    ['{"apiKey": "sk-secret"\n "port": 5}', 2, 2],
  ])('%j is said with its line and column', (text, line, column) => {
    const message = messageFor(text);
    expect(message).toMatch(
      new RegExp(`^FILE, line ${line}, column ${column}: is not JSON; it must hold one JSON object`),
    );
    expect(message).not.toContain('secret');
  });
});

describe('comments', () => {
  it('may stand in the file, and positions are those of the file', () => {
    const text =
      '// of mine\n{\n  /* the port */ "port": 5, // here\n  "hosts": ["a", /* b */ "c"],\n  "apiKey": "a//b"\n}\n';
    const { configHome } = write(text);
    expect(load(configHome).config).toMatchObject({ port: 5, hosts: ['a', 'c'], apiKey: 'a//b' });
    expect(messageFor('// of mine\n{ /* the\n port */ "port": "5" }')).toContain('(FILE, line 3, column 18)');
  });

  it('change nothing about values: numbers, escapes, nested objects, null and names like __proto__', () => {
    const json =
      '{"a": [1, -2.5e3, true, false, null, "\\u00e9\\n"], "b": {"__proto__": {"c": 1}}, "b2": {}, "a2": []}';
    const plain = write(json).file;
    const commented = write(`// of mine\n${json}`).file;
    const values = readConfigFile(commented)?.values;
    expect(values).toEqual(readConfigFile(plain)?.values);
    expect(Object.keys(Object(values?.['b']))).toEqual(['__proto__']);
  });
});

describe('a file in another place', () => {
  it("is read where hum's bees in Rust have it", () => {
    const { configHome, file } = write('{"port": 7}', `hum/bees/${KIND}.json`);
    const { config, entries, file: read } = load(configHome);
    expect(config.port).toBe(7);
    expect(read?.path).toBe(file);
    expect(entries.find(({ key }) => key === 'port')?.source).toEqual({ type: 'file', path: file });
  });

  it('is left alone and named where there is one in the first place', () => {
    const { configHome, file } = write('{"port": 7}', `hum/bees/${KIND}.json`);
    const first = write('{"port": 8}', undefined, configHome).file;
    const { config, warnings } = load(configHome);
    expect(config.port).toBe(8);
    expect(warnings).toEqual([`${file} is not read, as there is ${first}`]);
  });

  it.each([
    'ollama_server.json',
    'olama-server.json',
    'Ollama-Server.json',
    'ollama-server.jsonc',
    'ollama-server.json.txt',
    'ollama.json',
    'ollama-sever.yaml',
  ])('%s, whose name is nearly right, is pointed out', (name) => {
    const { configHome, file } = write('{"port": 7}', `hum/hives/${name}`);
    const { config, warnings } = load(configHome);
    expect(config.port).toBe(11434);
    expect(warnings).toEqual([
      `${file} is not read: the configuration of ${KIND} is ${join(configHome, 'hum/hives', `${KIND}.json`)}`,
    ]);
  });

  it.each(['openai-server.json', 'openia-server.json', 'notes.txt', 'my-own-bee.json', 'ollama-server'])(
    '%s means another hive, or nothing',
    (name) => {
      expect(load(write('{}', `hum/hives/${name}`).configHome).warnings).toEqual([]);
    },
  );

  it('is no matter where the right one is there too', () => {
    const { configHome } = write('{}', 'hum/hives/ollama-server.json.txt');
    write('{}', undefined, configHome);
    expect(load(configHome).warnings).toEqual([]);
  });
});

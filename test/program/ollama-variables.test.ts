import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/hive/config.js';
import { temporaryFolder } from '../temporary-folder.js';
import { runProgram, urlIn } from './run-program.js';

/** The configuration of a hive with this environment and, in its file, these keys. */
function load(env: Readonly<Record<string, string>>, file: object = {}, kind = 'ollama-server') {
  const home = temporaryFolder();
  const path = join(home, 'hum/hives', `${kind}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(file));
  return loadConfig({ kind, env: { HOME: home, XDG_CONFIG_HOME: home, ...env } });
}

describe("Ollama's variables", () => {
  const OLLAMA = {
    OLLAMA_ORIGINS: 'https://a.example, https://b.example',
    OLLAMA_KEEP_ALIVE: '-1',
    OLLAMA_CONTEXT_LENGTH: '8192',
  };

  it('hold for ollama-server where nothing else says anything', () => {
    const { config, entries } = load(OLLAMA);
    expect(config).toMatchObject({
      origins: ['https://a.example', 'https://b.example'],
      keepAlive: '-1',
      contextLength: 8192,
    });
    const sources = entries.flatMap(({ source }) => (source.type === 'env' ? [source.name] : []));
    expect(sources.toSorted()).toEqual(Object.keys(OLLAMA).toSorted());
  });

  it('give way to the file and to the variables of the hive', () => {
    const file = { origins: ['https://file.example'], keepAlive: '1h' };
    const env = { ...OLLAMA, OLLAMA_SERVER_KEEP_ALIVE: '2h', OLLAMA_SERVER_CONTEXT_LENGTH: '100' };
    expect(load(env, file).config).toMatchObject({
      origins: ['https://file.example'],
      keepAlive: '2h',
      contextLength: 100,
    });
  });

  it('mean nothing to other hives, and 0 tokens and blanks mean nothing at all', () => {
    expect(load(OLLAMA, {}, 'openai-server').config).toMatchObject({
      origins: [],
      keepAlive: '5m',
      contextLength: 200_000,
    });
    const empty = load({ OLLAMA_ORIGINS: ' ', OLLAMA_KEEP_ALIVE: '', OLLAMA_CONTEXT_LENGTH: '0' });
    expect(empty.config).toMatchObject({ origins: [], keepAlive: '5m', contextLength: 200_000 });
  });

  it.each([
    ['OLLAMA_KEEP_ALIVE', 'soon'],
    ['OLLAMA_CONTEXT_LENGTH', '8k'],
  ])('are named where they are wrong: %s=%s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(`(${name}) is "${value}" but must be `);
  });

  it('are obeyed by the program: what a page may ask, and how long a model stays', async () => {
    const env = { OLLAMA_ORIGINS: 'https://chat.example', OLLAMA_KEEP_ALIVE: '24h' };
    const url = urlIn(await runProgram(['--nest', 'embedded'], { env }).startLine());
    const headers = { origin: 'https://chat.example' };
    expect((await fetch(`${url}/api/version`, { headers })).status).toBe(200);
    const body = JSON.stringify({ model: 'echo', prompt: 'hi', stream: false });
    await (await fetch(`${url}/api/generate`, { method: 'POST', body })).text();
    const { models } = Object(await (await fetch(`${url}/api/ps`)).json());
    expect(Date.parse(models[0].expires_at) - Date.now()).toBeGreaterThan(23 * 3_600_000);
  });
});

describe('OLLAMA_HOST', () => {
  const warningsOf = (value: string, env: Readonly<Record<string, string>> = {}) =>
    load({ OLLAMA_HOST: value, ...env }).warnings;
  const UNHEEDED = 'OLLAMA_HOST is for clients of Ollama and not obeyed here';

  it.each([
    ['0.0.0.0', '0.0.0.0', '11434'],
    ['0.0.0.0:8080', '0.0.0.0', '8080'],
    ['[::]:1234', '::', '1234'],
    [':8080', '127.0.0.1', '8080'],
    ['http://192.168.1.5', '192.168.1.5', '80'],
    ['https://10.0.0.1:9000/', '10.0.0.1', '9000'],
  ])('%s is named, with what to set to listen there', (value, host, port) => {
    expect(warningsOf(value)).toEqual([
      expect.stringContaining(`set OLLAMA_SERVER_HOST=${host} and OLLAMA_SERVER_PORT=${port}`),
    ]);
    expect(warningsOf(value)[0]).toMatch(new RegExp(`^${UNHEEDED}: `));
    expect(load({ OLLAMA_HOST: value }).config).toMatchObject({ host: '127.0.0.1', port: 11434 });
  });

  it.each(['gpu-box', 'gpu-box:11434', 'http://gpu-box:11434'])('%s is another machine', (value) => {
    expect(warningsOf(value)).toEqual([
      `${UNHEEDED}: to stand in front of it, --upstream http://gpu-box:11434/v1`,
    ]);
  });

  it('says nothing of a password in it, and of what is no address only that it is none of ours', () => {
    expect(warningsOf('http://me:secret@gpu-box:1')[0]).not.toContain('secret');
    for (const value of ['1', 'not an address', 'http://'])
      expect(warningsOf(value)).toEqual([`${UNHEEDED}: set OLLAMA_SERVER_HOST and OLLAMA_SERVER_PORT`]);
  });

  it.each(['127.0.0.1', 'localhost:11434', 'http://127.0.0.1:11434', '[::1]', '', ' '])(
    'needs no word where it leads here: "%s"',
    (value) => {
      expect(warningsOf(value)).toEqual([]);
    },
  );

  it('means nothing to other hives', () => {
    expect(load({ OLLAMA_HOST: '0.0.0.0' }, {}, 'openai-server').warnings).toEqual([]);
  });

  it('is told by the log and by doctor', async () => {
    const env = { OLLAMA_HOST: '0.0.0.0:8080', OLLAMA_SERVER_PORT: '0' };
    const program = runProgram(['--nest', 'embedded'], { env });
    const line = await program.startLine();
    expect(new URL(urlIn(line)).hostname).toBe('127.0.0.1');
    program.process.kill('SIGTERM');
    expect((await program.ended()).stderr).toContain(
      'set OLLAMA_SERVER_HOST=0.0.0.0 and OLLAMA_SERVER_PORT=8080',
    );
    const doctor = await runProgram(['doctor', '--no-turn', '--nest', 'embedded'], { env }).ended();
    expect(doctor.stdout).toContain('warn    configuration: OLLAMA_HOST is for clients of Ollama');
  });
});

describe('options of the command line', () => {
  it('go before everything else, and are shown as what they are', async () => {
    const env = { OLLAMA_SERVER_PORT: '1', OLLAMA_SERVER_HOST: '127.0.0.9', OLLAMA_SERVER_MODELS: 'a' };
    const args = [
      '--port',
      '0',
      '--host',
      '127.0.0.1',
      '--api-key',
      'one,two',
      '--models',
      'b,c',
      '--nest',
      'embedded',
    ];
    const url = urlIn(await runProgram(args, { env }).startLine());
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    const listed = await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer two' } });
    expect(Object(await listed.json()).data.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining(['b', 'c']),
    );
    const { stdout } = await runProgram([...args, '--print-config'], { env }).ended();
    expect(stdout).toMatch(/^port +0 +flag --port$/m);
    expect(stdout).toMatch(/^apiKey +"\*+" +flag --api-key$/m);
    expect(stdout).toMatch(/^models +\["b","c"\] +flag --models$/m);
  });

  it.each([
    [['--port', 'abc'], 'port (--port) is "abc" but must be a whole number from 0 to 65535'],
    [['--host', 'http://x'], 'host (--host) is "http://x" but must be a host name'],
    [['--api-key', ''], 'apiKey (--api-key) must be a text with at least one key'],
    [['ollama-server', 'openai-server', '--port', '1'], '--port is for one hive'],
    [['upstream-worker', '--port', '1'], '--port means nothing to upstream-worker, which has no port'],
  ])('%j ends with 78', async (args, message) => {
    const { exitCode, stdout, stderr } = await runProgram(args).ended();
    expect([exitCode, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(/^thrum-bridge: .*\n$/);
    expect(stderr).toContain(message);
  });
});

import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine, write } from './machine.js';

const KIND = 'ollama-server';

describe('the first configuration', () => {
  it('has what users change most, and nobody else may read it', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'install');
    expect(readFileSync(machine.config(KIND), 'utf8')).toBe(
      '{\n  "host": "127.0.0.1",\n  "port": 11434,\n  "apiKey": ""\n}\n',
    );
    expect(statSync(machine.config(KIND)).mode & 0o777).toBe(0o600);
  });

  it('keeps what the environment says while it is written', async () => {
    const machine = new Machine();
    await machine.run('openai-server', 'install', [], {
      OPENAI_SERVER_PORT: '4000',
      OPENAI_SERVER_API_KEY: 'secret',
      OPENAI_SERVER_MODELS: 'a, b',
      OPENAI_SERVER_THRUM_SOCK: '/a/thrum.sock',
    });
    expect(JSON.parse(readFileSync(machine.config('openai-server'), 'utf8'))).toEqual({
      host: '127.0.0.1',
      port: 4000,
      apiKey: 'secret',
      models: ['a', 'b'],
    });
  });

  it('is not written if the environment is wrong', async () => {
    const machine = new Machine();
    const { code, stderr } = await machine.run(KIND, 'install', [], { OLLAMA_SERVER_PORT: 'abc' });
    expect(code).toBe(1);
    expect(stderr).toContain('port (OLLAMA_SERVER_PORT) is "abc" but must be a whole number');
    expect(stderr).not.toContain('    at ');
    expect(existsSync(machine.config(KIND))).toBe(false);
  });

  it.each([
    { name: 'one of the user', text: '{ "port": 1, "mine": true }' },
    { name: 'an empty object', text: '{}' },
  ])('is never written over $name', async ({ text }) => {
    const machine = new Machine();
    write(machine.config(KIND), text, 0o640);
    expect(await machine.run(KIND, 'install', [], { OLLAMA_SERVER_PORT: '0' })).toMatchObject({ code: 0 });
    expect(readFileSync(machine.config(KIND), 'utf8')).toBe(text);
    expect(statSync(machine.config(KIND)).mode & 0o777).toBe(0o640);
  });

  it('is not written through a link to nowhere', async () => {
    const machine = new Machine();
    mkdirSync(join(machine.home, 'xdg config', 'hum', 'hives'), { recursive: true });
    symlinkSync(join(machine.home, 'not there.json'), machine.config(KIND));
    expect(await machine.run(KIND, 'install')).toMatchObject({ code: 0 });
    expect(existsSync(join(machine.home, 'not there.json'))).toBe(false);
  });

  it('of the user that is wrong ends the install before the service is touched', async () => {
    const machine = new Machine();
    write(machine.config(KIND), '{ "port": "many" }');
    const { code, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(1);
    expect(stderr).toContain(`port (${machine.config(KIND)}, line 1, column 11) is "many" but must be`);
    expect(existsSync(machine.unit(KIND))).toBe(false);
    expect(machine.takeCalls()).toEqual([]);
  });
});

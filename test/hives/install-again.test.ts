import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Machine, write } from './machine.js';

const KIND = 'ollama-server';

const STARTED = [
  'systemctl --user daemon-reload',
  'systemctl --user enable hum-ollama-server.service',
  'systemctl --user restart hum-ollama-server.service',
];

describe('a second install', () => {
  it('writes no file again, and restarts the service', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'install');
    machine.takeCalls();
    const before = machine.snapshot();
    expect(await machine.run(KIND, 'install')).toMatchObject({ code: 0, stderr: '' });
    expect(machine.snapshot()).toEqual(before);
    expect(Object.keys(before)).toHaveLength(3);
    expect(machine.takeCalls()).toEqual(STARTED);
  });

  it('puts right what is wrong', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'install');
    const right = { unit: readFileSync(machine.unit(KIND)), launcher: readFileSync(machine.launcher(KIND)) };
    writeFileSync(machine.unit(KIND), '[Service]\nExecStart=/bin/false\n');
    write(machine.launcher(KIND), `${right.launcher}exit 1\n`, 0o600);
    await machine.run(KIND, 'install');
    expect(readFileSync(machine.unit(KIND))).toEqual(right.unit);
    expect(readFileSync(machine.launcher(KIND))).toEqual(right.launcher);
    expect(statSync(machine.launcher(KIND)).mode & 0o777).toBe(0o755);
  });
});

describe('install --dry-run', () => {
  it('says each step and takes none', async () => {
    const machine = new Machine();
    const { code, stdout } = await machine.run(KIND, 'install', ['--dry-run']);
    expect(code).toBe(0);
    expect(machine.snapshot()).toEqual({});
    expect(machine.takeCalls()).toEqual([]);
    for (const path of [machine.launcher(KIND), machine.config(KIND), machine.unit(KIND)])
      expect(stdout).toContain(`would write ${path}`);
    for (const call of STARTED) expect(stdout).toContain(`would run: ${call}`);
    expect(stdout).toContain(
      `ExecStart=${process.execPath} ${machine.checkout}/dist/main.js ollama-server --nest hum`,
    );
    expect(stdout).not.toContain('is started');
  });

  it('does not show the keys that it would write', async () => {
    const machine = new Machine();
    const { stdout, stderr } = await machine.run(KIND, 'install', ['--dry-run'], {
      OLLAMA_SERVER_API_KEY: 'hush-hush',
    });
    expect(stdout + stderr).not.toContain('hush-hush');
  });

  it('leaves an installed service as it is', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'install');
    machine.takeCalls();
    const before = machine.snapshot();
    const { stdout } = await machine.run(KIND, 'install', ['uninstall', '--dry-run']);
    expect(stdout).toContain(`would run: rm -f -- ${machine.unit(KIND)}`);
    expect(machine.snapshot()).toEqual(before);
    expect(machine.takeCalls()).toEqual([]);
  });
});

describe('install uninstall', () => {
  it('stops, disables and removes the service, and keeps the rest', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'install');
    machine.takeCalls();
    const { [machine.unit(KIND)]: unit, ...rest } = machine.snapshot();
    expect(unit).toBeDefined();
    expect(await machine.run(KIND, 'install', ['uninstall'])).toMatchObject({ code: 0, stderr: '' });
    expect(machine.snapshot()).toEqual(rest);
    expect(machine.takeCalls()).toEqual([
      'systemctl --user stop hum-ollama-server.service',
      'systemctl --user disable hum-ollama-server.service',
      'systemctl --user daemon-reload',
    ]);
  });

  it('has nothing to do where there is no service', async () => {
    const machine = new Machine();
    const { code, stdout } = await machine.run(KIND, 'install', ['uninstall']);
    expect(code).toBe(0);
    expect(stdout).toContain('there is no service hum-ollama-server');
    expect(machine.takeCalls()).toEqual([]);
  });

  it('removes the unit although systemctl refuses', async () => {
    const machine = new Machine();
    await machine.run(KIND, 'install');
    machine.stub('systemctl', 'echo "Failed to connect to bus" >&2', 'exit 1');
    expect(await machine.run(KIND, 'install', ['uninstall'])).toMatchObject({ code: 0 });
    expect(existsSync(machine.unit(KIND))).toBe(false);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine } from './machine.js';

const KIND = 'ollama-server';

describe('install says what to do when', () => {
  it('there is nothing to run a service with; launcher and configuration are there by then', async () => {
    const machine = new Machine();
    machine.remove('systemctl');
    const { code, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(1);
    expect(stderr).toContain(
      `there is no systemctl here to run a service with: start it by hand with ${machine.launcher(KIND)}`,
    );
    expect(Object.keys(machine.snapshot())).toEqual([machine.launcher(KIND), machine.config(KIND)]);
  });

  it('systemctl refuses', async () => {
    const machine = new Machine();
    machine.stub('systemctl', 'echo "Failed to connect to bus" >&2', 'exit 1');
    const { code, stdout, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(1);
    expect(stderr).toContain("'systemctl --user daemon-reload' failed: log in as this user");
    expect(stdout).not.toContain('is started');
  });

  it('there is no Node', async () => {
    const machine = new Machine();
    machine.remove('node');
    const { code, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(1);
    expect(stderr).toContain('node is not on the PATH: install Node');
    expect(machine.snapshot()).toEqual({});
  });

  it('Node is too old', async () => {
    const machine = new Machine();
    writeFileSync(join(machine.checkout, 'package.json'), '{ "engines": { "node": ">=99.1" } }');
    const { code, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(1);
    expect(stderr).toContain(`thrum-bridge needs Node 99.1 or newer, and this is ${process.versions.node}\n`);
    expect(stderr).toContain('put a newer Node first on the PATH and run this again');
  });

  it('an argument is not known', async () => {
    const machine = new Machine();
    const { code, stderr } = await machine.run(KIND, 'install', ['--dryrun']);
    expect(code).toBe(78);
    expect(stderr).toContain('usage: hives/ollama-server/install');
    expect(stderr).toContain('unknown argument: --dryrun');
    expect(machine.snapshot()).toEqual({});
  });

  it('the package is in the cache of npx, from where it may vanish', async () => {
    const machine = new Machine({ checkout: '_npx/0123/node_modules/thrum-bridge' });
    const { code, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(78);
    expect(stderr).toContain(
      "'npm install --global thrum-bridge', and then 'thrum-bridge install ollama-server'",
    );
    expect(machine.snapshot()).toEqual({});
  });

  it('the home is not set', async () => {
    const machine = new Machine();
    const { code, stderr } = await machine.run(KIND, 'install', [], { HOME: '' });
    expect(code).toBe(1);
    expect(stderr).toContain('HOME is not an absolute path');
  });

  it('a path has a newline', async () => {
    const machine = new Machine({ checkout: 'two\nlines' });
    const { code, stderr } = await machine.run(KIND, 'install');
    expect(code).toBe(1);
    expect(stderr).toContain('a path has a control character in it');
    expect(machine.snapshot()).toEqual({});
  });

  it('asked for help', async () => {
    const machine = new Machine();
    const { code, stdout } = await machine.run(KIND, 'install', ['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^usage: hives\/ollama-server\/install \[install \| uninstall] \[--dry-run]\n/);
    expect(machine.snapshot()).toEqual({});
  });
});

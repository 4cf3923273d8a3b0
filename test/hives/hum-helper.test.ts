import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine, write } from './machine.js';

const KIND = 'ollama-server';

/** A helper with these functions, which record their calls. */
function helper(machine: Machine, functions: readonly string[]): string {
  return functions.map((name) => `${name}() { ${machine.recording(name)}; }`).join('\n');
}

const ALL = ['svc_install', 'svc_restart', 'svc_uninstall'];

/** Without the space that there is in the machine's own XDG_CONFIG_HOME: the helper does not quote. */
const PLAIN = { XDG_CONFIG_HOME: '' };

function places(machine: Machine) {
  return {
    checkout: join(machine.checkout, 'scripts', 'svc.sh'),
    home: join(machine.home, '.local', 'share', 'hum', 'src', 'scripts', 'svc.sh'),
  };
}

describe("hum's service helper", () => {
  it.each(['checkout', 'home'] as const)('in the %s registers and starts the service', async (place) => {
    const machine = new Machine();
    write(places(machine)[place], helper(machine, ALL));
    expect(await machine.run(KIND, 'install', [], PLAIN)).toMatchObject({ code: 0, stderr: '' });
    const { home, checkout } = machine;
    expect(machine.takeCalls()).toEqual([
      [
        `svc_install hum-ollama-server ${process.execPath} ${checkout}/dist/main.js ollama-server --nest hum`,
        `--env HUM_THRUM_SOCK=${home}/run/hum/thrum.sock --env XDG_CONFIG_HOME=${home}/.config`,
        `--env XDG_STATE_HOME=${home}/.local/state --env XDG_RUNTIME_DIR=${home}/run`,
      ].join(' '),
      'svc_restart hum-ollama-server',
    ]);
    expect(existsSync(join(home, '.config', 'systemd'))).toBe(false);
  });

  it('removes the service', async () => {
    const machine = new Machine();
    write(places(machine).checkout, helper(machine, ALL));
    expect(await machine.run(KIND, 'install', ['uninstall'])).toMatchObject({ code: 0, stderr: '' });
    expect(machine.takeCalls()).toEqual(['svc_uninstall hum-ollama-server']);
  });

  it('is not called in a dry run, which says the calls', async () => {
    const machine = new Machine();
    write(places(machine).checkout, helper(machine, ALL));
    const { stdout } = await machine.run(KIND, 'install', ['--dry-run'], PLAIN);
    expect(machine.takeCalls()).toEqual([]);
    expect(stdout).toContain(`using ${places(machine).checkout}`);
    expect(stdout).toContain('would run: svc_install hum-ollama-server');
    expect(stdout).toContain('would run: svc_restart hum-ollama-server');
  });

  it('gets no path that it would have to quote: install writes that unit itself', async () => {
    const machine = new Machine({ checkout: 'check out' });
    write(places(machine).checkout, helper(machine, ALL));
    const { stdout } = await machine.run(KIND, 'install', [], PLAIN);
    expect(stdout).toContain('it does not quote, and a path here needs it');
    expect(
      readFileSync(join(machine.home, '.config/systemd/user/hum-ollama-server.service'), 'utf8'),
    ).toContain(`"${machine.checkout}/dist/main.js"`);
    expect(machine.takeCalls()).toContain('systemctl --user restart hum-ollama-server.service');
  });

  it.each([
    { name: 'lacks a function', text: (machine: Machine) => helper(machine, ['svc_install']) },
    { name: 'is not a shell script', text: () => 'if then )' },
    { name: 'ends the shell', text: () => 'exit 0' },
    { name: 'is empty', text: () => '' },
  ])('is not used if it $name', async ({ text }) => {
    const machine = new Machine();
    write(places(machine).checkout, text(machine));
    const { code, stdout, stderr } = await machine.run(KIND, 'install', ['--dry-run'], PLAIN);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('would run: systemctl --user restart hum-ollama-server.service');
    expect(stdout).not.toContain('svc_install');
  });

  it('may be written for a shell that is not strict', async () => {
    const machine = new Machine();
    const lax = '[ -n "$NOT_SET_ANYWHERE" ]\nfalse\n';
    write(places(machine).checkout, `${lax}${helper(machine, ALL)}`);
    expect(await machine.run(KIND, 'install', [], PLAIN)).toMatchObject({ code: 0, stderr: '' });
    expect(machine.takeCalls()).toHaveLength(2);
  });

  it('that fails ends the install with what to do', async () => {
    const machine = new Machine();
    write(places(machine).checkout, `${helper(machine, ALL)}\nsvc_restart() { return 1; }`);
    const { code, stdout, stderr } = await machine.run(KIND, 'install', [], PLAIN);
    expect(code).toBe(1);
    expect(stderr).toContain('could not start hum-ollama-server');
    expect(stdout).not.toContain('is started');
  });
});

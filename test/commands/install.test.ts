import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine } from '../hives/machine.js';
import { runInTerminal, terminal } from '../program/run-in-terminal.js';
import { runProgram } from '../program/run-program.js';

const KIND = 'ollama-server';

/** Runs the program of a package that was installed elsewhere, from some folder. */
function run(machine: Machine, ...args: readonly string[]) {
  const program = join(machine.checkout, 'dist', 'main.js');
  return machine.runFile(process.execPath, [program, ...args], {}, machine.home);
}

describe('install and uninstall', () => {
  it('do what the script of the hive does, in the package that the program is in', async () => {
    const machine = new Machine({ program: 'real', checkout: 'node modules' });
    const { code, stdout } = await run(machine, 'install', KIND, '--no-check');
    expect([code, stdout]).toEqual([0, expect.stringContaining(`hum-${KIND} is started`)]);
    expect(existsSync(machine.unit(KIND))).toBe(true);
    expect(machine.takeCalls()).toContain(`systemctl --user enable hum-${KIND}.service`);

    expect(await run(machine, 'uninstall', KIND)).toMatchObject({ code: 0 });
    expect(existsSync(machine.unit(KIND))).toBe(false);
    expect(existsSync(machine.config(KIND))).toBe(true);
  });

  it('only say what they would do with --dry-run', async () => {
    const machine = new Machine({ program: 'real' });
    const { code, stdout } = await run(machine, 'install', KIND, '--dry-run');
    expect([code, stdout]).toEqual([0, expect.stringContaining('would')]);
    expect(existsSync(machine.unit(KIND))).toBe(false);
    expect(machine.takeCalls()).toEqual([]);
  });

  it('end with the exit code of the script, whose words go to the terminal', async () => {
    const machine = new Machine({ program: 'real' });
    writeFileSync(join(machine.hive(KIND), 'install'), '#!/bin/sh\necho "$1" >&2; exit 7\n');
    expect(await run(machine, 'uninstall', KIND)).toMatchObject({ code: 7, stderr: 'uninstall\n' });
  });

  it('list the known hives when asked for an unknown one', async () => {
    const { exitCode, stderr } = await runProgram(['install', 'olama-server']).ended();
    expect(exitCode).toBe(78);
    expect(stderr).toContain('ollama-server, openai-server');
    expect(stderr).toContain('did you mean ollama-server?');
  });

  it.skipIf(terminal.isSkipped)(`run in a terminal${terminal.note}`, async () => {
    const installed = await runInTerminal(['install', KIND, '--dry-run']).ended();
    expect([installed.exitCode, installed.shown]).toEqual([0, expect.stringContaining('would')]);
    const uninstalled = await runInTerminal(['uninstall', KIND, '--dry-run']).ended();
    expect([uninstalled.exitCode, uninstalled.shown]).toEqual([
      0,
      expect.stringContaining('left as they are'),
    ]);
  });
});

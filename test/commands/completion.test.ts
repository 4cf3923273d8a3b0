import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listHives } from '../../src/hive/hives.js';
import type { Shell } from '../../src/run/command-line/invocation.js';
import { runInTerminal, terminal } from '../program/run-in-terminal.js';
import { runProgram } from '../program/run-program.js';
import { systemProgram } from '../system-program.js';
import { temporaryFolder } from '../temporary-folder.js';

const COMMANDS = [
  'serve',
  'doctor',
  'models',
  'chat',
  'status',
  'launch',
  'install',
  'uninstall',
  'completion',
];

const scriptOf = (shell: Shell): string =>
  execFileSync(process.execPath, ['dist/main.js', 'completion', shell], { encoding: 'utf8' });

describe('completion in bash', () => {
  let script: string;
  beforeAll(() => {
    script = scriptOf('bash');
  });

  /** What bash offers for the last of these words. */
  function complete(...words: readonly string[]): readonly string[] {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'completion'), script);
    const asked = `
      source "$1"; shift
      COMP_WORDS=(thrum-bridge "$@") COMP_CWORD=$#
      function=$(complete -p thrum-bridge) && function=\${function#complete -F } && \${function% thrum-bridge}
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const args = ['-u', '-c', asked, 'bash', join(folder, 'completion'), ...words];
    return execFileSync('bash', args, { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '');
  }

  it('offers commands, hives and the options of serve for the first word', () => {
    expect(complete('')).toEqual(
      expect.arrayContaining([...COMMANDS, ...listHives(), '--nest', '--version']),
    );
    expect(complete('doc')).toEqual(['doctor']);
    expect(complete('--print')).toEqual(['--print-config']);
  });

  it('offers what may stand after an option', () => {
    expect(complete('--nest', '')).toEqual(['auto', 'hum', 'embedded']);
    expect(complete('ollama-server', '--log-level', 'f')).toEqual(['fatal']);
    expect(complete('models', '--hive', 'op')).toEqual(['openai-server']);
    expect(complete('doctor', '--model', '')).toEqual([]);
  });

  it('offers the options and arguments of a command, and no others', () => {
    expect(complete('doctor', '--')).toEqual(
      expect.arrayContaining(['--nest', '--model', '--no-turn', '--insecure', '--json', '--help']),
    );
    expect(complete('doctor', '--')).not.toContain('--print-config');
    expect(complete('install', 'ollama-server', '--d')).toEqual(['--dry-run']);
    expect(complete('completion', '')).toEqual(['bash', 'zsh', 'fish', '--help']);
    expect(complete('ollama-server', 'doc')).toEqual([]);
    expect(complete('ollama-server', 'doctor', '--print')).toEqual(['--print-config']);
  });
});

describe('completion in other shells', () => {
  const zsh = systemProgram('zsh');
  it.skipIf(zsh.isSkipped)(`is a script that zsh takes${zsh.note}`, () => {
    zsh.demand();
    const offered = execFileSync(
      'zsh',
      [
        '-fc',
        `compdef() { :; }; compadd() { print -l -- "$@"; }; eval "$1"; words=(thrum-bridge completion ''); CURRENT=3; _thrum_bridge`,
        'zsh',
        scriptOf('zsh'),
      ],
      { encoding: 'utf8' },
    );
    expect(offered.split('\n')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });

  const fish = systemProgram('fish');
  it.skipIf(fish.isSkipped)(`is a script that fish takes${fish.note}`, () => {
    fish.demand();
    const ask = `${scriptOf('fish')}\ncomplete -C 'thrum-bridge completion '`;
    const offered = execFileSync('fish', ['-c', ask], { encoding: 'utf8' });
    expect(offered).toMatch(/^bash\b/m);
  });

  it('names every command in the script of fish', () => {
    const script = scriptOf('fish');
    for (const command of COMMANDS) expect(script).toContain(`-a ${command} -d '`);
  });

  it('is refused for a shell that nobody knows', async () => {
    const { exitCode, stderr } = await runProgram(['completion', 'tcsh']).ended();
    expect(exitCode).toBe(78);
    expect(stderr).toContain('Allowed choices are bash, zsh, fish');
  });
});

it.skipIf(terminal.isSkipped)(`completion runs in a terminal${terminal.note}`, async () => {
  const { exitCode, shown } = await runInTerminal(['completion', 'bash']).ended();
  expect(exitCode).toBe(0);
  expect(shown.replaceAll('\r\n', '\n')).toBe(scriptOf('bash'));
});

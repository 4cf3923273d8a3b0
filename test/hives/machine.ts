/** A machine for the install scripts: a checkout, a home, and a PATH on which nothing can reach the real service manager. */
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../temporary-folder.js';

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** Everything that the scripts may count on; the service managers are stubs, or not there. */
const COMMANDS = [
  ...['bash', 'sh', 'env', 'node', 'dirname', 'basename', 'readlink', 'id', 'uname', 'mkdir', 'mktemp', 'mv'],
  ...['rm', 'chmod', 'cat', 'sed', 'find', 'grep'],
];

export interface MachineOptions {
  readonly system?: 'Linux' | 'Darwin';
  /** The checkout's folder name. */
  readonly checkout?: string;
  readonly home?: string;
  /** An idle program starts, and ends at once: that is all that installing asks of it, and takes a tenth of the time. */
  readonly program?: 'real' | 'idle';
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string>>;

export class Machine {
  readonly system: 'Linux' | 'Darwin';
  readonly checkout: string;
  readonly home: string;
  readonly #folder = temporaryFolder();
  readonly #tools = join(this.#folder, 'tools');
  readonly #calls = join(this.#folder, 'calls');

  constructor({
    system = 'Linux',
    checkout = 'checkout',
    home = 'home',
    program = 'idle',
  }: MachineOptions = {}) {
    this.system = system;
    this.checkout = join(this.#folder, checkout);
    this.home = join(this.#folder, home);
    mkdirSync(this.home);
    copyCheckout(this.checkout);
    if (program === 'idle') writeFileSync(join(this.checkout, 'dist', 'main.js'), '');
    mkdirSync(this.#tools);
    for (const command of COMMANDS) symlinkSync(locate(command), join(this.#tools, command));
    this.remove('uname');
    this.stub('uname', `echo ${system}`);
    this.stub('sleep', 'exit 0');
    const manager = system === 'Darwin' ? 'launchctl' : 'systemctl';
    this.stub(manager, this.recording(manager));
  }

  /** A shell line that records a call of `name`. */
  recording(name: string): string {
    return `printf '%s\\n' "${name} $*" >>"${this.#calls}"`;
  }

  /** Puts a command on the PATH in place of what was there. */
  stub(name: string, ...lines: readonly string[]): void {
    this.remove(name);
    writeFileSync(join(this.#tools, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  }

  /** Takes a command off the PATH. */
  remove(name: string): void {
    rmIfThere(join(this.#tools, name));
  }

  /** The calls of recording stubs since the last time. */
  takeCalls(): string[] {
    if (!existsSync(this.#calls)) return [];
    const calls = readFileSync(this.#calls, 'utf8').trimEnd().split('\n');
    rmIfThere(this.#calls);
    return calls;
  }

  /** The environment of the user's shell. */
  environment(more: Environment = {}): Environment {
    return {
      HOME: this.home,
      PATH: this.#tools,
      XDG_CONFIG_HOME: join(this.home, 'xdg config'),
      XDG_RUNTIME_DIR: join(this.home, 'run'),
      ...more,
    };
  }

  /**
   * Runs a file of a hive's folder, as a user does; but `install` looks at no port and waits for no service, as the service
   * managers here start none.
   */
  run(kind: string, file: 'install' | 'build', args: readonly string[] = [], env: Environment = {}) {
    const options = file === 'install' ? ['--no-check', ...args] : args;
    return this.runFile(join(this.hive(kind), file), options, env, this.home);
  }

  /** The same, checks and all. */
  runChecked(kind: string, file: 'install', args: readonly string[] = [], env: Environment = {}) {
    return this.runFile(join(this.hive(kind), file), args, env, this.home);
  }

  runFile(path: string, args: readonly string[], env: Environment, cwd: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      execFile(path, args, { cwd, env: this.environment(env), timeout: 60_000 }, (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else reject(error);
      });
    });
  }

  hive(kind: string): string {
    return join(this.checkout, 'hives', kind);
  }

  config(kind: string): string {
    return join(this.home, 'xdg config', 'hum', 'hives', `${kind}.json`);
  }

  launcher(kind: string): string {
    return join(this.home, '.local', 'bin', kind);
  }

  unit(kind: string): string {
    return join(this.home, 'xdg config', 'systemd', 'user', `hum-${kind}.service`);
  }

  plist(kind: string): string {
    return join(this.home, 'Library', 'LaunchAgents', `sh.hum.hum-${kind}.plist`);
  }

  /** Every file of the home with what tells whether it was written to. */
  snapshot(): Record<string, string> {
    return Object.fromEntries(
      readdirSync(this.home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
        .map((path) => {
          const { ino, mtimeMs, mode } = statSync(path);
          return [path, `${ino} ${mtimeMs} ${mode} ${readFileSync(path, 'utf8')}`];
        }),
    );
  }
}

/** As a published package is: built, without sources. */
function copyCheckout(folder: string): void {
  const program = join(PROJECT, 'dist', 'main.js');
  if (!existsSync(program))
    throw new Error(
      `these tests run the built program, and there is no ${program}: run "npm run build" first`,
    );
  mkdirSync(folder, { recursive: true });
  // Ten times as fast as cpSync, and there are many machines.
  execFileSync('cp', ['-R', ...['package.json', 'dist', 'hives'].map((part) => join(PROJECT, part)), folder]);
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
}

function locate(command: string): string {
  if (command === 'node') return process.execPath;
  const folder = (process.env['PATH'] ?? '')
    .split(delimiter)
    .find((candidate) => existsSync(join(candidate, command)));
  if (folder === undefined) throw new Error(`there is no ${command} on the PATH, which these tests need`);
  return join(folder, command);
}

function rmIfThere(path: string): void {
  rmSync(path, { force: true });
}

/** Writes a file, and the folders that it is in. */
export function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/** Runs the built program as a user would, in a home of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { homeEnvironment } from './home-environment.js';

const PROGRAM = 'dist/main.js';
const DEADLINE_MS = 10_000;

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly home: string;
  readonly process: ChildProcess;
  /** Resolves with the first line on standard output. */
  startLine(): Promise<string>;
  /** Resolves when the program has ended. */
  ended(): Promise<Ended>;
}

export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  /** An existing home. */
  readonly home?: string;
  /** What stands on standard input; without it, nothing does. */
  readonly input?: string;
  /** Another build than the one in `dist`. */
  readonly main?: string;
  /** A module that is loaded ahead of the program, and exchanges messages with the test. */
  readonly preload?: URL;
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** How many files it may open; as many as this process where absent. */
  readonly openFiles?: number;
}

/** Everything that hum looks at is within `home`; the ports are free ones unless `env` says otherwise. */
export function runProgram(
  args: readonly string[],
  {
    env = {},
    home = temporaryFolder(),
    input,
    main = PROGRAM,
    preload,
    nodeArgs = [],
    openFiles,
  }: Setting = {},
): Program {
  if (!existsSync(main)) throw new Error(`${main} is not there: run npm run build first`);
  const command = [
    process.execPath,
    ...nodeArgs,
    ...(preload ? ['--import', preload.href] : []),
    main,
    ...args,
  ];
  const limited = openFiles ? ['sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`] : [];
  const [file = '', ...rest] = [...limited, ...command];
  const child = spawn(file, rest, {
    stdio: preload ? ['pipe', 'pipe', 'pipe', 'ipc'] : 'pipe',
    env: { ...homeEnvironment(home), ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { stdin, stdout: output, stderr: errors } = child;
  if (stdin === null || output === null || errors === null) throw new Error('the program has no streams');
  stdin.end(input);
  let stdout = '';
  let stderr = '';
  output.on('data', (chunk) => {
    stdout += chunk;
  });
  errors.on('data', (chunk) => {
    stderr += chunk;
  });
  const ending = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  const inTime = <T>(promise: Promise<T>, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${what} did not happen in time; standard error: ${stderr}`));
      const timer = setTimeout(late, DEADLINE_MS);
      promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  return {
    home,
    process: child,
    ended: () => inTime(ending, 'the end'),
    startLine: () =>
      inTime(
        new Promise((resolve, reject) => {
          const look = () => {
            const [line, rest] = stdout.split('\n');
            if (line !== undefined && rest !== undefined) resolve(line);
          };
          output.on('data', look);
          look();
          ending.then(({ exitCode }) => reject(new Error(`it ended with ${exitCode}: ${stderr}`)), reject);
        }),
        'the start line',
      ),
  };
}

/** The address in a start line. */
export function urlIn(startLine: string): string {
  const url = /http:\/\/\S+/.exec(startLine)?.[0];
  if (url === undefined) throw new Error(`no address in: ${startLine}`);
  return url;
}

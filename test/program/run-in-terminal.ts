/** Runs the built program in a real terminal, as `script` of util-linux makes one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemProgram } from '../system-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { homeEnvironment } from './home-environment.js';

/** Tests of a terminal are skipped by name without it. */
export const terminal = systemProgram('script');

const DEADLINE_MS = 15_000;

export interface Terminal {
  readonly home: string;
  readonly process: ChildProcess;
  /** Everything that has been shown so far, colours included; lines end with `\r\n`. */
  shown(): string;
  /** As the keyboard does: `\r` is Enter, `\x03` is Ctrl-C. */
  type(keys: string): void;
  /** Resolves when the program has ended. */
  ended(): Promise<{ readonly exitCode: number | null; readonly shown: string }>;
}

export interface TerminalSetting {
  readonly env?: Readonly<Record<string, string>>;
  /** An existing home. */
  readonly home?: string;
  /** How wide the terminal is; otherwise it does not say. */
  readonly columns?: number;
}

/** Everything that hum looks at is within `home`; the ports are free ones unless `env` says otherwise. */
export function runInTerminal(
  args: readonly string[],
  { env = {}, home = temporaryFolder(), columns }: TerminalSetting = {},
): Terminal {
  terminal.demand();
  // Without `exec`, a shell would hear Ctrl-C too, and end in its own way.
  const size = columns === undefined ? '' : `stty cols ${columns}; `;
  const command = `${size}exec ${[process.execPath, join(process.cwd(), 'dist', 'main.js'), ...args].map(quote).join(' ')}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...homeEnvironment(home), TERM: 'xterm-256color', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  child.stdout.on('data', (chunk) => {
    shown += chunk;
  });
  const ending = new Promise<{ exitCode: number | null; shown: string }>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, shown }));
  });
  return {
    home,
    process: child,
    shown: () => shown,
    type: (keys) => void child.stdin.write(keys),
    ended: () =>
      new Promise((resolve, reject) => {
        const late = () => reject(new Error(`the program did not end in time; it showed: ${shown}`));
        const timer = setTimeout(late, DEADLINE_MS);
        void ending.then(resolve).finally(() => clearTimeout(timer));
      }),
  };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** What a shell does: quotes words, and runs a program that has the terminal. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { CommandContext } from './context.js';

/** What a shell gives for a command that a signal ended, less the signal's number. */
const EXIT_BY_SIGNAL = 128;

/**
 * Resolves with the program's own exit code; it writes to the terminal and asks there by itself. Rejects with the system's error where
 * it cannot be run.
 */
export function runInTerminal(
  program: string,
  args: readonly string[],
  { env, onInterrupt }: Pick<CommandContext, 'env' | 'onInterrupt'>,
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env });
  // A terminal signals both: how it ends is for the program to say.
  const stopListening = onInterrupt(() => child.kill('SIGTERM'));
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(code ?? EXIT_BY_SIGNAL + (signal === null ? 0 : constants.signals[signal])),
    );
  }).finally(stopListening);
}

/** Text as one word of bash or zsh. */
export function quoteForPosix(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The same for fish, which knows escapes within single quotes. */
export function quoteForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** The commands `install` and `uninstall`: what a hive's own script does, from wherever the package is. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { installerPath } from '../../hive/hives.js';
import type { InstallInvocation } from '../../run/command-line/invocation.js';
import type { CommandContext } from '../context.js';

/** What a shell gives for a command that a signal ended, less the signal's number. */
const EXIT_BY_SIGNAL = 128;

/** Resolves with the script's own exit code. The script speaks and asks for itself. Rejects where it cannot be run. */
export function runInstall(
  { command, hive, dryRun, check = true }: InstallInvocation,
  { env, onInterrupt }: CommandContext,
): Promise<number> {
  const options = [...(dryRun ? ['--dry-run'] : []), ...(check ? [] : ['--no-check'])];
  const script = spawn(installerPath(hive), [command, ...options], {
    stdio: 'inherit',
    env,
  });
  // A terminal signals both: how it ends is for the script to say.
  const stopListening = onInterrupt(() => script.kill('SIGTERM'));
  return new Promise<number>((resolve, reject) => {
    script.once('error', reject);
    script.once('exit', (code, signal) =>
      resolve(code ?? EXIT_BY_SIGNAL + (signal === null ? 0 : constants.signals[signal])),
    );
  }).finally(stopListening);
}

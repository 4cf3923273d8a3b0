/** The commands `install` and `uninstall`: what a hive's own script does, from wherever the package is. */
import { installerPath } from '../hive/hives.js';
import type { InstallInvocation } from '../run/command-line/invocation.js';
import type { CommandContext } from './context.js';
import { runInTerminal } from './shell.js';

/** Resolves with the script's own exit code. Rejects where it cannot be run. */
export function runInstall(
  { command, hive, dryRun, check = true }: InstallInvocation,
  context: CommandContext,
): Promise<number> {
  const options = [...(dryRun ? ['--dry-run'] : []), ...(check ? [] : ['--no-check'])];
  return runInTerminal(installerPath(hive), [command, ...options], context);
}

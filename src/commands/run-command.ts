/** Finds the module of a command, and loads no other one. */
import type { Invocation, ServeInvocation } from '../run/command-line/invocation.js';
import type { CommandContext } from './context.js';

/** Resolves with the exit code, once all that the command started has ended. Rejects with a `ConfigError` as `serve` does. */
export async function runCommand(
  invocation: Exclude<Invocation, ServeInvocation>,
  context: CommandContext,
): Promise<number> {
  switch (invocation.command) {
    case 'doctor':
      return (await import('./doctor/run.js')).runDoctor(invocation, context);
    case 'models':
      return (await import('./models/run.js')).runModels(invocation, context);
    case 'chat':
      return (await import('./chat/run.js')).runChat(invocation, context);
    case 'status':
      return (await import('./status/run.js')).runStatus(invocation, context);
    case 'launch':
      return (await import('./launch/run.js')).runLaunch(invocation, context);
    case 'install':
    case 'uninstall':
      return (await import('./install.js')).runInstall(invocation, context);
    case 'completion':
      return (await import('./completion/run.js')).runCompletion(invocation, context);
    default:
      return invocation satisfies never;
  }
}

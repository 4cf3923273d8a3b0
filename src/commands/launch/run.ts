/** The command `launch`: starts a coding agent that asks a running bridge, with everything set. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { ConfigError } from '../../hive/config-error.js';
import { systemCodeOf } from '../../hive/system-code.js';
import type { LaunchInvocation } from '../../run/command-line/invocation.js';
import { findTarget } from '../bridge-target.js';
import type { CommandContext } from '../context.js';
import { quoteForPosix } from '../shell-quote.js';
import { type AgentSettings, isSessionName, toAgentSettings } from './agent-settings.js';
import { askModels } from './ask-models.js';

/** What a shell gives for a command that a signal ended, less the signal's number. */
const EXIT_BY_SIGNAL = 128;
/** What a shell gives for a command that there is not. */
const EXIT_NOT_FOUND = 127;

/** Resolves with the agent's own exit code; 1 if no bridge answers. Rejects with a `ConfigError`. */
export async function runLaunch(invocation: LaunchInvocation, context: CommandContext): Promise<number> {
  const { env, stdout, stderr } = context;
  const { session = `launch-${randomUUID()}` } = invocation;
  if (!isSessionName(session))
    throw new ConfigError('--session must be a name of letters, digits and . _ : @ / - alone');
  const target = await findTarget({ ...invocation, keyFor: 'user' }, env);
  const answer = await askModels(target);
  if (answer.type === 'failed') return fail(answer.message);
  const { models } = answer;
  const served = models.filter(({ isServed }) => isServed);
  const model =
    invocation.model === undefined
      ? served[0]
      : (models.find(({ id }) => id === invocation.model) ?? {
          id: invocation.model,
          contextLength: undefined,
        });
  if (model === undefined) return fail('no worker is on the mesh, so no model can be asked');
  const world = { base: target.base, key: target.key, session, model, models: served };
  const settings = toAgentSettings(invocation.agent, world, env);
  const args = [...settings.args, ...invocation.args];
  if (!invocation.print) return start(settings, args, context);
  for (const line of toShellLines(settings, args)) stdout.write(`${line}\n`);
  return 0;

  function fail(message: string): number {
    stderr.write(`thrum-bridge: ${message}\n`);
    return 1;
  }
}

/** What a POSIX shell sets and runs, for the same. */
function toShellLines({ program, env }: AgentSettings, args: readonly string[]): readonly string[] {
  return [
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoteForPosix(value)}`),
    [program, ...args.map(quoteForPosix)].join(' '),
  ];
}

function start(
  { program, installation, env }: AgentSettings,
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const agent = spawn(program, args, { stdio: 'inherit', env: { ...context.env, ...env } });
  // A terminal signals both: how it ends is for the agent to say.
  const stopListening = context.onInterrupt(() => agent.kill('SIGTERM'));
  return new Promise<number>((resolve, reject) => {
    agent.once('error', (error) => {
      if (systemCodeOf(error) !== 'ENOENT') return reject(error);
      context.stderr.write(`thrum-bridge: there is no ${program} on your PATH: ${installation}\n`);
      resolve(EXIT_NOT_FOUND);
    });
    agent.once('exit', (code, signal) =>
      resolve(code ?? EXIT_BY_SIGNAL + (signal === null ? 0 : constants.signals[signal])),
    );
  }).finally(stopListening);
}

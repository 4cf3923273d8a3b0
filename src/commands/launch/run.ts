/** The command `launch`: starts a coding agent that asks a running bridge, with everything set. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { toPrintableLine } from '../../core/printable.js';
import { readText } from '../../core/read-text.js';
import { ConfigError } from '../../hive/config-error.js';
import { systemCodeOf } from '../../hive/system-code.js';
import type { LaunchInvocation } from '../../run/command-line/invocation.js';
import { type BridgeTarget, findTarget } from '../bridge-target.js';
import type { CommandContext } from '../context.js';
import { quoteForPosix, runInTerminal } from '../shell.js';
import { type AgentSettings, isSessionName, type OfferedModel, toAgentSettings } from './agent-settings.js';

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

async function start(
  { program, installation, env }: AgentSettings,
  args: readonly string[],
  { env: own, onInterrupt, stderr }: CommandContext,
): Promise<number> {
  try {
    return await runInTerminal(program, args, { env: { ...own, ...env }, onInterrupt });
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    stderr.write(`thrum-bridge: there is no ${program} on your PATH: ${installation}\n`);
    return EXIT_NOT_FOUND;
  }
}

type ModelsAnswer =
  | { readonly type: 'models'; readonly models: readonly (OfferedModel & { readonly isServed: boolean })[] }
  /** One line, with what to do about it. */
  | { readonly type: 'failed'; readonly message: string };

const ANSWER_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 32 * 2 ** 20;

const listSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      context_window: z.number().optional(),
      /** Absent where a worker serves it. */
      active: z.boolean().default(true),
    }),
  ),
});

/** Asks a running bridge for its models. */
async function askModels({ base, key, hive }: BridgeTarget): Promise<ModelsAnswer> {
  try {
    const response = await fetch(new URL('v1/models', base), {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      // A key is for the address that it was given for.
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (response.status === 401)
      return failed(`the bridge at ${base.origin} wants an API key: give it with --key`);
    const list = listSchema.safeParse(JSON.parse(await readText(response, MAX_ANSWER_BYTES)));
    if (!response.ok || !list.success) return failed(`what answers at ${base.origin} is no bridge`);
    const models = list.data.data.map(({ id, context_window: contextLength, active: isServed }) => ({
      id,
      contextLength,
      isServed,
    }));
    return { type: 'models', models };
  } catch {
    return failed(
      `no bridge answers at ${base.origin}: start one with thrum-bridge ${hive}, or name it with --url`,
    );
  }
}

function failed(message: string): ModelsAnswer {
  return { type: 'failed', message: toPrintableLine(message) };
}

/** The command line: what may be typed, and what it means. */
import { Command, Help, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from '../../hive/config-error.js';
import { unknownHive } from '../../hive/hives.js';
import type { Invocation, ServeInvocation } from './invocation.js';
import { LOG_LEVELS } from '../log.js';
import { type KeyOptions, keyOptions, toFlags } from './key-options.js';
import { addSubcommands, hivesArgument, nestOption, type Take } from './subcommands.js';

const MAX_PROCESSES = 64;

/**
 * Reads the command line. Throws commander's `CommanderError`, whose `exitCode` is 0 for `--help` and `--version`; what the
 * user should read is printed by then. Throws `ConfigError` for a hive or command that there is not.
 */
export function parseCommandLine(
  argv: readonly string[],
  version: string,
  knownHives: readonly string[],
): Invocation {
  const asked: { invocation?: Invocation } = {};
  const program = createProgram(version, knownHives, (invocation) => {
    asked.invocation = invocation;
  });
  program.parse([...argv], { from: 'user' });
  const { invocation } = asked;
  if (invocation === undefined) throw new Error('a command ended without saying what it is to do');
  for (const hive of hivesOf(invocation)) requireHive(hive, invocation, knownHives, program);
  return invocation;
}

/** All commands with their options; `take` is called with the one that is parsed. */
export function createProgram(version: string, knownHives: readonly string[], take: Take): Command {
  const program = new Command('thrum-bridge')
    .description(
      "Speaks the Ollama, OpenAI and Anthropic HTTP APIs on one side and hum's thrum protocol on the other.",
    )
    .usage('[hive...] [options]\n       thrum-bridge <command> [options]')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(--help shows what may be typed, with examples)')
    .addHelpText('after', EXAMPLES);
  const serve = addServe(program, knownHives, take);
  addSubcommands(program, knownHives, take);
  // What may be typed without a command is what `serve` takes.
  const help = new Help();
  program.configureHelp({
    visibleArguments: (command) => help.visibleArguments(command === program ? serve : command),
    visibleOptions: (command) => [
      ...(command === program ? serve.options : []),
      ...help.visibleOptions(command),
    ],
  });
  return program;
}

/** As commander reads them; what is typed as `--workers` are processes, and not workers of hum. */
interface ServeOptions
  extends Omit<ServeInvocation, 'command' | 'hives' | 'processes' | 'flags'>,
    KeyOptions {
  readonly workers: number;
}

function addServe(program: Command, knownHives: readonly string[], take: Take): Command {
  const serve = program
    .command('serve', { isDefault: true })
    .description('runs hives; this is what happens without a command')
    .addArgument(hivesArgument('what to run', knownHives))
    .addOption(nestOption())
    .option('--upstream <url>', 'an OpenAI-compatible server that answers, in place of humd and the echo')
    .option(
      '--print-config',
      'show every key of the configuration, its value and its source; then end',
      false,
    )
    .option('--insecure', 'let a hive that other machines can reach run without a key', false)
    .addOption(
      new Option('--log-level <level>', 'how much is logged on standard error')
        .choices(LOG_LEVELS)
        .env('LOG_LEVEL')
        .default('info'),
    )
    .option('--workers <count>', 'how many processes share the ports', readProcesses, 1)
    .addHelpText('after', EXAMPLES)
    .action((named: string[], options: ServeOptions) => {
      const { workers: processes, port, host, apiKey, models, ...others } = options;
      const hives = [...new Set(named)];
      const flags = toFlags({ port, host, apiKey, models }, hives);
      take({ command: 'serve', ...others, processes, hives, flags });
    });
  for (const option of keyOptions()) serve.addOption(option);
  return serve;
}

function readProcesses(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_PROCESSES)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_PROCESSES}.`);
  return count;
}

function hivesOf(invocation: Invocation): readonly string[] {
  if ('hives' in invocation) return invocation.hives;
  return 'hive' in invocation ? [invocation.hive] : [];
}

/** After `thrum-bridge` a mistyped command looks like a hive; elsewhere only a hive can be meant. */
function requireHive(
  hive: string,
  { command }: Invocation,
  knownHives: readonly string[],
  program: Command,
): void {
  if (knownHives.includes(hive)) return;
  const commands = program.commands.map((one) => one.name());
  if (commands.includes(hive))
    throw new ConfigError(`${hive} is a command, which goes first: thrum-bridge ${hive}`);
  throw unknownHive(hive, knownHives, command === 'serve' ? commands : []);
}

const EXAMPLES = `
Examples:
  thrum-bridge                                   Ollama's port 11434, with humd if it answers, else with an echo
  thrum-bridge openai-server --nest hum          OpenAI's wire on 14620 in front of humd, as an installed hive runs
  thrum-bridge ollama-server openai-server       both ports from one process
  thrum-bridge --upstream http://127.0.0.1:8000/v1   Ollama's port in front of any OpenAI-compatible server
  thrum-bridge --port 0                          a free port, which the start line names
  thrum-bridge --host 0.0.0.0 --api-key @/path   for other machines, which must show a key of that file
  thrum-bridge ollama-server --print-config      what is configured, and where each value comes from
  thrum-bridge doctor                            what is wrong, and what to do about it

Configuration: options, then environment (OLLAMA_SERVER_PORT, ...), then $XDG_CONFIG_HOME/hum/hives/<hive>.json, then defaults.
REDIS_URL, where it is set, names the Redis or Valkey in which replicas of a hive share what they keep.
`;

/** The command line: what may be typed, and what it means. */
import { Command, Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from './log.js';

/** Where turns are answered: a humd, the development daemon within the process, or whichever is there. */
export type NestChoice = 'auto' | 'hum' | 'embedded';

export interface Invocation {
  /** Kinds of the hives to run; at least one. */
  readonly hives: readonly string[];
  readonly nest: NestChoice;
  readonly printConfig: boolean;
  readonly logLevel: LogLevel;
}

const DEFAULT_HIVE = 'ollama-server';

/**
 * Reads the command line. Throws commander's `CommanderError`, whose `exitCode` is 0 for `--help` and `--version`; what the
 * user should read is printed by then.
 */
export function parseCommandLine(
  argv: readonly string[],
  version: string,
  knownHives: readonly string[],
): Invocation {
  const program = new Command('thrum-bridge')
    .description("Speaks the Ollama and OpenAI HTTP APIs on one side and hum's thrum protocol on the other.")
    .version(version)
    .argument('[hive...]', `what to run: ${knownHives.join(', ')}`, [DEFAULT_HIVE])
    .addOption(
      new Option(
        '--nest <nest>',
        'who answers: a humd, the daemon within this process, or whichever is there',
      )
        .choices(['auto', 'hum', 'embedded'])
        .default('auto'),
    )
    .option(
      '--print-config',
      'show every key of the configuration, its value and its source; then end',
      false,
    )
    .addOption(
      new Option('--log-level <level>', 'how much is logged on standard error')
        .choices(LOG_LEVELS)
        .env('LOG_LEVEL')
        .default('info'),
    )
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .parse([...argv], { from: 'user' });
  const options = program.opts<Pick<Invocation, 'nest' | 'printConfig' | 'logLevel'>>();
  const hives: readonly string[] = program.processedArgs[0];
  return { ...options, hives: [...new Set(hives)] };
}

const EXAMPLES = `
Examples:
  thrum-bridge                                   Ollama's port 11434, with humd if it answers, else with an echo
  thrum-bridge openai-server --nest hum          OpenAI's wire on 14620 in front of humd, as an installed hive runs
  thrum-bridge ollama-server openai-server       both ports from one process
  OLLAMA_SERVER_PORT=0 thrum-bridge              a free port, which the start line names
  thrum-bridge ollama-server --print-config      what is configured, and where each value comes from

Configuration: environment (OLLAMA_SERVER_PORT, ...), then $XDG_CONFIG_HOME/hum/hives/<hive>.json, then defaults.
`;

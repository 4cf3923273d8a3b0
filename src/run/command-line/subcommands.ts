/** The commands besides `serve`: what may be typed after each, and its help. */
import { Argument, type Command, Option } from 'commander';
import { OLLAMA_SERVER } from '../../hive/hives.js';
import {
  type Agent,
  AGENTS,
  type ChatInvocation,
  type CompletionInvocation,
  type DoctorInvocation,
  type Invocation,
  type InstallInvocation,
  type LaunchInvocation,
  type ModelsInvocation,
  NEST_CHOICES,
  SHELLS,
  type Shell,
  type StatusInvocation,
} from './invocation.js';
import { type KeyOptions, keyOptions, toFlags } from './key-options.js';

/** Gets what was asked for, once it is known. */
export type Take = (invocation: Invocation) => void;

const DEFAULT_HIVE = OLLAMA_SERVER;

export function hivesArgument(description: string, known: readonly string[]): Argument {
  return new Argument('[hive...]', `${description}: ${known.join(', ')}`).default(
    [DEFAULT_HIVE],
    DEFAULT_HIVE,
  );
}

export function nestOption(): Option {
  return new Option(
    '--nest <nest>',
    'who answers: a humd, the daemon within this process, or whichever is there',
  )
    .choices(NEST_CHOICES)
    .default('auto');
}

function hiveOption(): Option {
  return new Option('--hive <hive>', 'whose configuration to use').default(DEFAULT_HIVE);
}

export function addSubcommands(program: Command, knownHives: readonly string[], take: Take): void {
  addDoctor(program, knownHives, take);
  addModels(program, take);
  addChat(program, take);
  addStatus(program, take);
  addLaunch(program, take);
  addInstall(program, knownHives, take);
  addCompletion(program, take);
}

function addDoctor(program: Command, knownHives: readonly string[], take: Take): void {
  const doctor = program
    .command('doctor')
    .description('looks for what is wrong with a set-up, and says what to do about it')
    .addArgument(hivesArgument('what to examine', knownHives))
    .addOption(nestOption())
    .option('--upstream <url>', 'as for serve: an OpenAI-compatible server that answers')
    .option('--model <model>', 'the model to ask; by default the first one that a worker serves')
    .option('--no-turn', 'ask no model anything')
    .option('--insecure', 'as for serve: other machines may reach a hive without a key', false)
    .option('--json', 'print the findings as JSON', false)
    .addHelpText(
      'after',
      `
One of the checks is a real turn: a worker is asked to answer a short prompt with one word, which costs what that costs.
The exit code is 0 if nothing fails; a warning is no failure.

Examples:
  thrum-bridge doctor                            examines ollama-server, the hive that runs by default
  thrum-bridge doctor openai-server --no-turn    examines another one, and asks no model
  thrum-bridge doctor --model claude-sonnet-4-6  asks this model
  thrum-bridge doctor --json                     the same for a program
`,
    )
    .action(
      (named: string[], options: Omit<DoctorInvocation, 'command' | 'hives' | 'flags'> & KeyOptions) => {
        const { port, host, apiKey, models, ...others } = options;
        const hives = [...new Set(named)];
        take({ command: 'doctor', ...others, hives, flags: toFlags({ port, host, apiKey, models }, hives) });
      },
    );
  for (const option of keyOptions()) doctor.addOption(option);
}

function addModels(program: Command, take: Take): void {
  program
    .command('models')
    .description('lists the models that can be asked for, and who serves them')
    .addOption(hiveOption())
    .option('--json', 'print them as JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  thrum-bridge models                            as ollama-server has them
  thrum-bridge models --hive openai-server       as another hive has them
  thrum-bridge models --json                     for a program
`,
    )
    .action((options: Omit<ModelsInvocation, 'command'>) => take({ command: 'models', ...options }));
}

function addChat(program: Command, take: Take): void {
  program
    .command('chat')
    .description('talks with a model in the terminal')
    .argument('[model]', 'whom to ask; by default the first model that a worker serves')
    .option('--once <text>', 'answer this message and end; - reads it from standard input')
    .option('--system <text>', 'what the model is told before everything else')
    .addOption(hiveOption())
    .addOption(nestOption())
    .option('--upstream <url>', 'as for serve: an OpenAI-compatible server that answers')
    .option('--verbose', 'tell how many tokens each answer took, and how fast it came', false)
    .addHelpText(
      'after',
      `
Examples:
  thrum-bridge chat                              a conversation; /help lists what can be typed there
  thrum-bridge chat sonnet --system 'Be brief.'  with this model and this instruction
  thrum-bridge chat --once 'Why is the sky blue?'
  git diff | thrum-bridge chat --once - --system 'Write a commit message for this change.'
`,
    )
    .action((model: string | undefined, options: Omit<ChatInvocation, 'command' | 'model'>) =>
      take({ command: 'chat', ...options, ...(model === undefined ? {} : { model }) }),
    );
}

function addStatus(program: Command, take: Take): void {
  program
    .command('status')
    .description('shows what a running bridge is doing')
    .addOption(hiveOption())
    .option('--url <url>', 'where the bridge listens; by default what the hive is configured with')
    .option('--key <key>', 'an API key of it; by default the one that the hive is configured with')
    .option('--once', 'show it once and end, as into a pipe', false)
    .option('--json', 'print once what the bridge says, as JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  thrum-bridge status                            of the ollama-server on this machine, each second
  thrum-bridge status --once                     a look, for a script or a service's log
  thrum-bridge status --url http://bridge.example:11434 --key KEY
`,
    )
    .action((options: Omit<StatusInvocation, 'command'>) => take({ command: 'status', ...options }));
}

function addLaunch(program: Command, take: Take): void {
  program
    .command('launch')
    .description('starts a coding agent that asks a running bridge')
    .addArgument(new Argument('<agent>', 'the agent, which is installed already').choices(AGENTS))
    .argument('[args...]', 'what the agent itself is given, behind --')
    .addOption(hiveOption())
    .option('--url <url>', 'where the bridge listens; by default what the hive is configured with')
    .option('--key <key>', 'an API key of it; by default one that the hive is configured with')
    .option('--model <model>', 'the model to ask; by default the first one that a worker serves')
    .option('--session <name>', 'what its conversations are called; by default a new name for each start')
    .option('--print', 'show what would be set, as lines for a shell, and start nothing', false)
    .addHelpText(
      'after',
      `
Examples:
  thrum-bridge launch claude                     Claude Code, with the models of your hum
  thrum-bridge launch codex --model gpt-oss:120b
  thrum-bridge launch claude -- --resume         what stands behind -- is for the agent
  eval "$(thrum-bridge launch claude --print)"   the same by hand
`,
    )
    .action((agent: Agent, args: string[], options: Omit<LaunchInvocation, 'command' | 'agent' | 'args'>) =>
      take({ command: 'launch', ...options, agent, args }),
    );
}

function addInstall(program: Command, knownHives: readonly string[], take: Take): void {
  const texts = {
    install: 'makes a hive a service of this machine, starts it, and waits until it answers',
    uninstall: 'stops and removes the service of a hive; says which files stay',
  } as const;
  for (const command of ['install', 'uninstall'] as const) {
    const subcommand = program
      .command(command)
      .description(texts[command])
      .argument('<hive>', `one of ${knownHives.join(', ')}`)
      .option('--dry-run', 'say what would be done, and do nothing', false);
    if (command === 'install')
      subcommand.option('--no-check', 'look at no port, and do not wait until the service answers');
    subcommand
      .addHelpText(
        'after',
        `
Examples:
  thrum-bridge ${command} ollama-server
  thrum-bridge ${command} ollama-server --dry-run
`,
      )
      .action((hive: string, options: Omit<InstallInvocation, 'command' | 'hive'>) =>
        take({ command, hive, ...options }),
      );
  }
}

function addCompletion(program: Command, take: Take): void {
  program
    .command('completion')
    .description('prints a script that lets a shell complete commands, options and hives')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  eval "$(thrum-bridge completion bash)"         in ~/.bashrc
  eval "$(thrum-bridge completion zsh)"          in ~/.zshrc, after compinit
  thrum-bridge completion fish > ~/.config/fish/completions/thrum-bridge.fish
`,
    )
    .action((shell: Shell) => take({ command: 'completion', shell } satisfies CompletionInvocation));
}

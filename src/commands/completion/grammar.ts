/** What can be completed, read from the command line's own definition. */
import type { Argument, Command, Option } from 'commander';

export interface Completable {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletableOption[];
  /** What may stand as an argument. */
  readonly values: readonly string[];
}

export interface CompletableOption {
  /** `--nest`. */
  readonly name: string;
  readonly description: string;
  /** What may stand after it; empty for any text. Undefined if nothing does. */
  readonly values: readonly string[] | undefined;
}

export interface Grammar {
  readonly program: string;
  /** The command that is meant where none is named. */
  readonly defaultCommand: string;
  readonly commands: readonly Completable[];
}

const HELP: CompletableOption = {
  name: '--help',
  description: 'display help for command',
  values: undefined,
};
const DEFAULT_COMMAND = 'serve';

/** @param hives what an argument or value that is called `hive` may be */
export function toGrammar(program: Command, hives: readonly string[]): Grammar {
  const own = program.options.map((option) => toOption(option, hives));
  return {
    program: program.name(),
    defaultCommand: DEFAULT_COMMAND,
    commands: program.commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      options: [
        ...command.options.map((option) => toOption(option, hives)),
        ...(command.name() === DEFAULT_COMMAND ? own : []),
        HELP,
      ],
      values: command.registeredArguments.flatMap((argument) => valuesOf(argument, argument.name(), hives)),
    })),
  };
}

function toOption(option: Option, hives: readonly string[]): CompletableOption {
  const placeholder = /<([\w-]+)>/.exec(option.flags)?.[1];
  return {
    name: option.long ?? option.flags,
    description: option.description,
    values: placeholder === undefined ? undefined : valuesOf(option, placeholder, hives),
  };
}

function valuesOf(
  { argChoices }: Pick<Argument, 'argChoices'>,
  name: string,
  hives: readonly string[],
): readonly string[] {
  return argChoices ?? (name === 'hive' ? hives : []);
}

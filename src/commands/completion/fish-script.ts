/** The completion script of fish: one rule for each word that may come, and when. */
import type { Completable, Grammar } from './grammar.js';
import { quoteForFish } from '../shell-quote.js';

/** For `~/.config/fish/completions/<program>.fish`. */
export function toFishScript({ program, defaultCommand, commands }: Grammar): string {
  const names = commands.map(({ name }) => name);
  const isNone = `not __fish_seen_subcommand_from ${names.join(' ')}`;
  const conditionOf = (command: Completable) =>
    command.name === defaultCommand
      ? `${isNone}; or __fish_seen_subcommand_from ${command.name}`
      : `__fish_seen_subcommand_from ${command.name}`;
  const rules = [
    ...commands.map(({ name, description }) => ['__fish_is_first_token', `-a ${name}`, description] as const),
    ...commands.flatMap((command) =>
      rulesOf(command).map((rule) => [conditionOf(command), ...rule] as const),
    ),
  ];
  return [
    `# Completion of ${program}, made by: ${program} completion fish`,
    `complete -c ${program} -f`,
    ...rules.map(
      ([condition, what, description]) =>
        `complete -c ${program} -n ${quoteForFish(condition)} ${what} -d ${quoteForFish(description)}`,
    ),
    '',
  ].join('\n');
}

function rulesOf({ options, values, description }: Completable): readonly (readonly [string, string])[] {
  const ofArguments =
    values.length === 0 ? [] : ([[`-a ${quoteForFish(values.join(' '))}`, description]] as const);
  const ofOptions = options.map((option) => {
    const long = `-l ${option.name.replace(/^--/, '')}`;
    if (option.values === undefined) return [long, option.description] as const;
    const choices = option.values.length === 0 ? '' : ` -a ${quoteForFish(option.values.join(' '))}`;
    return [`${long} -x${choices}`, option.description] as const;
  });
  return [...ofArguments, ...ofOptions];
}

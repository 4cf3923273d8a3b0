/** The command `completion`: prints a script that teaches a shell what may be typed. */
import { listHives } from '../../hive/hives.js';
import type { CompletionInvocation, Shell } from '../../run/command-line/invocation.js';
import { createProgram } from '../../run/command-line/parse-command-line.js';
import type { CommandContext } from '../context.js';
import { quoteForFish, quoteForPosix } from '../shell.js';
import { type Completable, type Grammar, toGrammar } from './grammar.js';

const SCRIPTS: Readonly<Record<Shell, (grammar: Grammar) => string>> = {
  bash: toBashScript,
  zsh: toZshScript,
  fish: toFishScript,
};

/** Resolves with the exit code. */
export async function runCompletion(
  { shell }: CompletionInvocation,
  { stdout, version }: CommandContext,
): Promise<number> {
  const hives = listHives();
  const program = createProgram(version, hives, () => undefined);
  stdout.write(SCRIPTS[shell](toGrammar(program, hives)));
  return 0;
}

/** How bash and zsh are asked and how they answer; the rest of their scripts is the same. */
interface Dialect {
  /** Sets `before` (the words between the program and the cursor) and `previous`. */
  readonly ask: readonly string[];
  /** Answers with the words in `$1`. */
  readonly answer: string;
  /** True where the first word is completed. */
  readonly isFirst: string;
  readonly register: (program: string, name: string) => string;
}

const BASH: Dialect = {
  ask: [
    `local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}`,
    `local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")`,
  ],
  answer: 'COMPREPLY=($(compgen -W "$1" -- "$current"))',
  isFirst: '[ "$COMP_CWORD" -eq 1 ]',
  register: (program, name) => `complete -F ${name} ${program}`,
};

const ZSH: Dialect = {
  ask: [
    'local current=$words[CURRENT] previous=$words[CURRENT-1]',
    `local -a before; before=("\${(@)words[2,CURRENT-1]}")`,
  ],
  answer: `compadd -- \${=1}`,
  isFirst: '(( CURRENT == 2 ))',
  register: (program, name) => `compdef ${name} ${program}`,
};

/** For `source <(…)` in a shell's start-up file. */
function toBashScript(grammar: Grammar): string {
  return toScript(grammar, BASH);
}

/** As `toBashScript`; zsh's own completion (compinit) has to be on. */
function toZshScript(grammar: Grammar): string {
  return toScript(grammar, ZSH);
}

function toScript({ program, defaultCommand, commands }: Grammar, dialect: Dialect): string {
  const name = `_${program.replaceAll('-', '_')}`;
  const names = commands.map((command) => command.name);
  return [
    `# Completion of ${program}, made by: ${program} completion`,
    `${name}_answer() { ${dialect.answer}; }`,
    `${name}() {`,
    ...indent([
      ...dialect.ask,
      `local command=${defaultCommand} word choices`,
      // The first word that is no option names the command, or is an argument of the default one.
      `for word in "\${before[@]}"; do`,
      '  case $word in',
      `    ${names.join(' | ')}) command=$word; break ;;`,
      '    -*) ;;',
      '    *) break ;;',
      '  esac',
      'done',
      'case "$command $previous" in',
      ...indent(commands.flatMap((command) => valueCases(command, name))),
      'esac',
      'case $command in',
      ...indent(commands.map((command) => `${command.name}) choices=${quoteForPosix(wordsOf(command))} ;;`)),
      'esac',
      `if ${dialect.isFirst}; then choices="$choices ${names.join(' ')}"; fi`,
      `${name}_answer "$choices"`,
    ]),
    '}',
    dialect.register(program, name),
    '',
  ].join('\n');
}

/** After an option that takes a value nothing else can come. */
function valueCases({ name: command, options }: Completable, name: string): readonly string[] {
  return options.flatMap(({ name: option, values }) => {
    if (values === undefined) return [];
    const answer = values.length === 0 ? '' : `${name}_answer ${quoteForPosix(values.join(' '))}; `;
    return [`'${command} ${option}') ${answer}return ;;`];
  });
}

function wordsOf({ values, options }: Completable): string {
  return [...values, ...options.map(({ name }) => name)].join(' ');
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

/** One rule for each word that may come, and when. For `~/.config/fish/completions/<program>.fish`. */
function toFishScript({ program, defaultCommand, commands }: Grammar): string {
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

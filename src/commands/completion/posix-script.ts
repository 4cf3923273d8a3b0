/** The completion scripts of bash and zsh, which differ in how they are asked and how they answer. */
import type { Completable, Grammar } from './grammar.js';
import { quoteForPosix } from '../shell-quote.js';

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
export function toBashScript(grammar: Grammar): string {
  return toScript(grammar, BASH);
}

/** As `toBashScript`; zsh's own completion (compinit) has to be on. */
export function toZshScript(grammar: Grammar): string {
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

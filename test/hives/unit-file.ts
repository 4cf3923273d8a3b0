/** Reads a unit file as systemd does: quotes, C escapes, specifiers and variables. */

export interface ServiceCommand {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export function readUnit(text: string): ServiceCommand {
  const values = (key: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${key}=`))
      .map((line) => line.slice(key.length + 1));
  const [execStart = '', ...others] = values('ExecStart');
  if (others.length > 0) throw new Error('more than one ExecStart');
  const [program = '', ...args] = splitWords(execStart).map(expandSpecifiers);
  const assignments = values('Environment').flatMap(splitWords).map(expandSpecifiers);
  return {
    command: [program, ...args.map(expandVariables)],
    environment: Object.fromEntries(
      assignments.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
    ),
  };
}

function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < line.length; i += 1) {
    const character = line.charAt(i);
    if (character === '\\') {
      i += 1;
      if (!['\\', '"', "'"].includes(line.charAt(i))) throw new Error(`an escape not expected here: ${line}`);
      word = (word ?? '') + line.charAt(i);
    } else if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (quote === undefined && character === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined) throw new Error(`a quote that does not end: ${line}`);
  return word === undefined ? words : [...words, word];
}

function expandSpecifiers(word: string): string {
  return word.replace(/%(.?)/g, (found, letter: string) => {
    if (letter !== '%') throw new Error(`a specifier: ${found} in ${word}`);
    return '%';
  });
}

function expandVariables(word: string): string {
  return word.replace(/\$(.?)/g, (found, letter: string) => {
    if (letter !== '$') throw new Error(`a variable: ${found} in ${word}`);
    return '$';
  });
}

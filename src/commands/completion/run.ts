/** The command `completion`: prints a script that teaches a shell what may be typed. */
import { listHives } from '../../hive/hives.js';
import { createProgram } from '../../run/command-line/parse-command-line.js';
import type { CompletionInvocation, Shell } from '../../run/command-line/invocation.js';
import type { CommandContext } from '../context.js';
import { toFishScript } from './fish-script.js';
import { type Grammar, toGrammar } from './grammar.js';
import { toBashScript, toZshScript } from './posix-script.js';

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

/** The program as a test of its processes sees it: its log, and which processes there are. */
import { expect } from 'vitest';
import { eventually } from '../eventually.js';
import { type Program, runProgram, urlIn } from '../program/run-program.js';

/** How long a process may take to start on a busy machine. */
export const START_MS = 15_000;

export interface Running {
  readonly program: Program;
  readonly url: string;
  readonly line: string;
  /** The lines of the log so far. */
  log(): readonly Readonly<Record<string, unknown>>[];
  /** The processes that were linked so far, by their pids. */
  workers(): readonly number[];
}

/** Resolves when as many processes are linked as the start line says. */
export async function startProcesses(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const program = runProgram(args, { env });
  let stderr = '';
  program.process.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const line = await program.startLine();
  const log = () =>
    stderr
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text));
  const linked = () => log().filter(({ msg }) => msg === 'linked to humd');
  const workers = () => linked().map(({ pid }) => Number(pid));
  // The log comes by another pipe than the start line.
  const [, count = 1] = /workers: (\d+)/.exec(line) ?? [];
  await eventually(() => expect(workers().length).toBeGreaterThanOrEqual(Number(count)), START_MS);
  return { program, url: urlIn(line), line, log, workers };
}

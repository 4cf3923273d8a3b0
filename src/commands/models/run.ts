/** The command `models`: lists the models that can be asked for, and who serves them. */
import { toPrintableJson } from '../../core/printable.js';
import type { ModelsInvocation } from '../../run/command-line/invocation.js';
import { createPaint } from '../colours.js';
import type { CommandContext } from '../context.js';
import { columnsOf, showLine } from '../show-line.js';
import { findModels } from './find-models.js';
import { notesOn, toModelTable } from './show-models.js';

/** The table goes to standard output, what there is to say about it to standard error. Resolves with the exit code. */
export async function runModels({ hive, json }: ModelsInvocation, context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const found = await findModels(hive, env);
  if (json) {
    stdout.write(`${toPrintableJson(JSON.stringify(found, undefined, 2))}\n`);
    return 0;
  }
  const paint = createPaint(stdout, env);
  for (const row of toModelTable(found.models)) stdout.write(`${showLine(row, columnsOf(stdout), paint)}\n`);
  for (const note of notesOn(found)) stderr.write(`${note}\n`);
  return 0;
}

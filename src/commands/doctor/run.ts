/** The command `doctor`: looks for what is wrong with a set-up, and says what to do about it. */
import { toPrintable, toPrintableJson } from '../../core/printable.js';
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import { type Colour, createPaint, type Paint } from '../terminal-text.js';
import type { CommandContext } from '../context.js';
import { examine } from './examine.js';
import { type Finding, type Status, STATUSES } from './finding.js';

/** Resolves with the exit code: 1 if anything fails. */
export async function runDoctor(invocation: DoctorInvocation, context: CommandContext): Promise<number> {
  const { hives, json } = invocation;
  const { stdout, env } = context;
  const paint = createPaint(stdout, env);
  const report: { hive: string; findings: Finding[] }[] = [];
  for (const hive of hives) {
    const findings: Finding[] = [];
    report.push({ hive, findings });
    if (!json) stdout.write(`${report.length > 1 ? '\n' : ''}${hive}\n`);
    for await (const finding of examine(hive, invocation, context)) {
      findings.push(finding);
      if (!json) stdout.write(showFinding(finding, paint));
    }
  }
  const isOk = report.every(({ findings }) => findings.every(({ status }) => status !== 'fail'));
  if (json) stdout.write(`${toPrintableJson(JSON.stringify({ ok: isOk, hives: report }, undefined, 2))}\n`);
  return isOk ? 0 : 1;
}

const COLOURS: Readonly<Record<Status, Colour>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
  skipped: 'dim',
};

const STATUS_WIDTH = Math.max(...STATUSES.map((status) => status.length));

/** One line, and a second one where something can be done about it; each with its newline. */
function showFinding({ status, title, detail, remedy }: Finding, paint: Paint): string {
  const line = `${paint(COLOURS[status], status.padEnd(STATUS_WIDTH))} ${title}: ${toPrintable(detail)}\n`;
  return remedy === undefined ? line : `${line}${' '.repeat(STATUS_WIDTH + 1)}-> ${toPrintable(remedy)}\n`;
}

/** The command `doctor`: looks for what is wrong with a set-up, and says what to do about it. */
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import { createPaint } from '../colours.js';
import type { CommandContext } from '../context.js';
import { examine } from './examine.js';
import type { Finding } from './finding.js';
import { showFinding } from './show-finding.js';

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
  if (json) stdout.write(`${JSON.stringify({ ok: isOk, hives: report }, undefined, 2)}\n`);
  return isOk ? 0 : 1;
}

/** The command `status`: shows what a running bridge is doing. */
import { toPrintable, toPrintableJson } from '../../core/printable.js';
import type { StatusInvocation } from '../../run/command-line/invocation.js';
import { createPaint } from '../colours.js';
import type { CommandContext } from '../context.js';
import { columnsOf, showLine } from '../show-line.js';
import { askStatus } from './ask-status.js';
import { toStatusLines } from './show-status.js';
import { findTarget } from '../bridge-target.js';
import { watchStatus } from './watch.js';

/** Live in a terminal; once where it is asked for, as JSON, and into a pipe. Resolves with the exit code. */
export async function runStatus(invocation: StatusInvocation, context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const target = await findTarget({ ...invocation, keyFor: 'operator' }, env);
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const stopListening = context.onInterrupt(() => interrupt.abort());
  try {
    const answer = await askStatus(target, signal);
    if (answer.type === 'failed') {
      stderr.write(toPrintable(`thrum-bridge: ${answer.message}\n`));
      return 1;
    }
    if (invocation.json) {
      stdout.write(toPrintableJson(answer.text.endsWith('\n') ? answer.text : `${answer.text}\n`));
    } else if (invocation.once || !stdout.isTTY) {
      const paint = createPaint(stdout, env);
      for (const line of toStatusLines(answer.status, target.base.origin, answer.now))
        stdout.write(`${showLine(line, columnsOf(stdout), paint)}\n`);
    } else {
      await watchStatus(target, answer, signal, context);
    }
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return 0;
  } finally {
    stopListening();
  }
}

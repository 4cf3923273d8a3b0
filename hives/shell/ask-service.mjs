/**
 * Asks the service of the hive in argv, which was started at the Unix time (in s) behind it. Prints its address and who answers there;
 * ends with 1 and what was found instead while it does not answer, and with 2 where there is no address to ask.
 */
import { findTarget } from '../../dist/commands/bridge-target.js';
import { askStatus } from '../../dist/commands/status/ask-status.js';
import { toPrintableLine } from '../../dist/core/printable.js';
import { isUpstreamWorker } from '../../dist/hive/hives.js';

const [, , kind, startedAt] = process.argv;

function end(exitCode, text) {
  process.stdout.write(text);
  process.exitCode = exitCode;
}

/** A bridge that does not let the installer in answers, too. */
async function isBridge(base) {
  const response = await fetch(new URL('readyz?verbose', base), { signal: AbortSignal.timeout(3_000) });
  return /^readyz check (?:passed|failed)$/m.test(await response.text());
}

async function ask(target) {
  const { base } = target;
  const signal = new AbortController().signal;
  let answer = await askStatus(target, signal);
  if (answer.type === 'failed') {
    if (!(await isBridge(base).catch(() => false))) return end(1, answer.message);
    // It may have come up between the two questions.
    answer = await askStatus(target, signal);
    if (answer.type === 'failed') return end(0, base.origin);
  }
  const { status } = answer;
  const isNew = Date.parse(status.startedAt) >= Number(startedAt) * 1_000;
  if (status.kind !== kind || !isNew)
    return end(
      1,
      `at ${base.origin} another bridge answers (${toPrintableLine(status.kind)}, started ${status.startedAt})`,
    );
  const nest = status.nest === undefined ? '' : `: ${toPrintableLine(status.nest.text)}`;
  return end(0, `${base.origin}${nest}`);
}

if (isUpstreamWorker(kind)) end(2, 'a worker has no port: its log says which models it offers');
else
  try {
    await ask(await findTarget({ hive: kind, keyFor: 'operator' }, process.env));
  } catch (error) {
    // It takes any free port, and humd has not written down yet which.
    end(2, error instanceof Error ? error.message : String(error));
  }

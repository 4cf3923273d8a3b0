/** `npm run chaos`: clients and humd misbehave as planned, and every turn has to end exactly once. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../load/whole-number.js';
import { findFailures, showReport } from './report.js';
import { runChaos } from './run-chaos.js';

/** What goes wrong often is shown so often. */
const MAX_COMPLAINTS = 30;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    turns: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
  },
});
const size = {
  seed: wholeNumber('seed', values.seed),
  turns: wholeNumber('turns', values.turns),
  seconds: wholeNumber('seconds', values.seconds),
};
process.stdout.write(`chaos: ${JSON.stringify(size)}\n`);
const report = await runChaos(size);
process.stdout.write(`${showReport(report)}\n`);
const failures = findFailures(report);
for (const failure of failures.slice(0, MAX_COMPLAINTS)) process.stdout.write(`WRONG ${failure}\n`);
if (failures.length > 0) {
  if (report.log !== '') process.stdout.write(`the bridge's log:\n${report.log}\n`);
  process.exitCode = 1;
}

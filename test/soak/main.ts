/** `npm run soak`: a steady mixed load, and whether the bridge's memory stays bounded under it. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../load/whole-number.js';
import { runSoak } from './run-soak.js';
import { judgeMemory } from './verdict.js';

const MIB = 2 ** 20;

/** What goes wrong often is shown so often. */
const MAX_COMPLAINTS = 30;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '12' },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);
const settings = {
  minutes: wholeNumber('minutes', values.minutes),
  seed: wholeNumber('seed', values.seed),
  clients: wholeNumber('clients', values.clients),
};
print(`soak: ${JSON.stringify(settings)}`);
const { tally, samples, heap, openSids, exitCode } = await runSoak({ ...settings, print });
const { isBounded, least, most, growth } = judgeMemory(samples);
const inMib = (bytes: number) => (bytes / MIB).toFixed(1);
const errors = [...tally.errors].map(([how, count]) => `${count} × ${how}`).join(', ') || 'none';
print(
  `requests ${tally.turns}: ${tally.whole} as expected, ${tally.left} left by their client, errors: ${errors}`,
);
print(`turns lost ${tally.lost}, duplicated ${tally.duplicated}, unended ${tally.unended}`);
print(`heap after a collection: ${inMib(heap.half)} MiB at half time, ${inMib(heap.end)} MiB at the end`);
print(`open sids at the end: ${openSids}; exit code of the bridge: ${exitCode}`);
print(`rss in the second half: ${inMib(least)} to ${inMib(most)} MiB, trend ${inMib(growth)} MiB`);
print(`memory is ${isBounded ? 'bounded' : 'NOT bounded'}`);
for (const complaint of tally.complaints.slice(0, MAX_COMPLAINTS)) print(`WRONG ${complaint}`);
const isGood =
  isBounded && tally.complaints.length === 0 && tally.errors.size === 0 && openSids === 0 && exitCode === 0;
if (!isGood) process.exitCode = 1;

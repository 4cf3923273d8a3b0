/** `npm run bench`: what the bridge costs, in figures. */
import { writeFileSync } from 'node:fs';
import { describeMachine, showMachine } from './machine.js';
import { HELP, type Options, readOptions } from './options.js';
import { runBench } from './run-bench.js';
import { showTable } from './show-table.js';
import { summarise } from './summary.js';

/** Where the JSON goes to standard output. */
const STANDARD_OUTPUT = '-';

/** The command line is wrong, or nothing could be measured. */
const EXIT_USAGE = 2;

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === undefined) process.stdout.write(HELP);
  else process.exitCode = await run(options);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT_USAGE;
}

/** The exit code. */
async function run(options: Options): Promise<number> {
  const machine = describeMachine();
  const { readings, losses, skipped } = await runBench(options, (line) => process.stderr.write(`${line}\n`));
  const rows = summarise(readings);
  const { lost, misordered, duplicated, failed } = losses;
  const isWhole = lost + misordered + duplicated + failed === 0;
  if (options.json !== undefined) {
    const report = {
      machine,
      rounds: options.rounds,
      rows,
      losses: { lost, misordered, duplicated, failed, failures: [...losses.failures] },
      skipped: Object.fromEntries(skipped),
    };
    const text = `${JSON.stringify(report, undefined, 2)}\n`;
    if (options.json === STANDARD_OUTPUT) process.stdout.write(text);
    else writeFileSync(options.json, text);
  }
  if (options.json !== STANDARD_OUTPUT) {
    process.stdout.write(
      `${showMachine(machine)}; medians of ${options.rounds} rounds\n\n${showTable(rows)}\n\n`,
    );
    for (const [name, why] of skipped) process.stdout.write(`${name} did not run: ${why}\n`);
    process.stdout.write(
      `tokens lost ${lost}, misordered ${misordered}, duplicated ${duplicated}; requests failed ${failed}\n`,
    );
    for (const failure of losses.failures) process.stdout.write(`a request failed: ${failure}\n`);
  }
  return isWhole ? 0 : 1;
}

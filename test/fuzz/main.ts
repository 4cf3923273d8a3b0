/**
 * `npm run fuzz`: turns whose workers send mutated tones, over all surfaces. What is sent is decided by the seed; each turn has to end once,
 * in a shape that its surface has.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../load/whole-number.js';

const VITEST = 'node_modules/vitest/vitest.mjs';
/** Runs as a test, too, for a short time. */
const TEST = 'test/faults/hostile-tones.test.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, turns: { type: 'string', default: '2000' } },
});
const child = spawn(process.execPath, [VITEST, 'run', TEST, '--disable-console-intercept'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    HOSTILE_SEED: String(wholeNumber('seed', values.seed)),
    HOSTILE_RUNS: String(wholeNumber('turns', values.turns)),
  },
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});

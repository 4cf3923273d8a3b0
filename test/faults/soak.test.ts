/** A short run of `npm run soak`: a mixed load with clients that leave, after which nothing is left behind. */
import { expect, it } from 'vitest';
import { runSoak } from '../soak/run-soak.js';

it('a steady mixed load with aborts ends with every answer whole, no open session and a clean exit', async () => {
  const report = await runSoak({ seed: 1, minutes: 0.1, clients: 4, print: () => {} });
  const { tally, openSids, exitCode, samples } = report;
  expect(tally.complaints).toEqual([]);
  expect([...tally.errors]).toEqual([]);
  expect([tally.lost, tally.duplicated, tally.unended, openSids, exitCode]).toEqual([0, 0, 0, 0, 0]);
  expect(tally.whole).toBeGreaterThan(20);
  // How much memory it takes is told only by a longer run.
  expect(samples.length).toBeGreaterThan(3);
}, 60_000);

/** Runs the rounds: every scenario once in each, so that what the machine does meanwhile falls on all of them alike. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench, type Losses } from './bench.js';
import type { Reading } from './figure.js';
import type { Options } from './options.js';
import type { Surface } from './load/job.js';

export interface BenchReport {
  readonly readings: readonly Reading[];
  readonly losses: Losses;
  /** Why a scenario did not run, by its name. */
  readonly skipped: ReadonlyMap<string, string>;
}

/** @param tell is told what is done next */
export async function runBench(options: Options, tell: (line: string) => void): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const bench = new Bench({ ...options, folder });
  const readings: Reading[] = [];
  const skipped = new Map<string, string>();
  try {
    await bench.start();
    for (let round = 0; round < options.rounds; round++) {
      bench.surfaces = inTurn(options.surfaces, round);
      for (const scenario of options.scenarios) {
        const hindrance = scenario.hindrance?.(options.sizes);
        if (hindrance !== undefined) {
          skipped.set(scenario.name, hindrance);
          continue;
        }
        tell(`round ${round + 1} of ${options.rounds}: ${scenario.name}`);
        readings.push(...(await scenario.read(bench)));
      }
    }
  } finally {
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { readings, losses: bench.losses, skipped };
}

/** Each surface is the first one in half of the rounds. */
function inTurn(surfaces: readonly Surface[], round: number): readonly Surface[] {
  return round % 2 === 0 ? surfaces : surfaces.toReversed();
}

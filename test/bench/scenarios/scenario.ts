/** One thing that a round measures. */
import type { Bench } from '../bench.js';
import type { Reading } from '../figure.js';
import type { Sizes } from '../sizes.js';

export interface Scenario {
  /** As `--only` has it. */
  readonly name: string;
  /** What it does, for `--help`. */
  readonly about: string;
  /** Why this machine cannot run it; undefined if it can. */
  hindrance?(sizes: Sizes): string | undefined;
  read(bench: Bench): Promise<readonly Reading[]>;
}

/** Said where the memory of another process cannot be read. */
export const NO_PROC = 'the system does not tell the memory of a process (/proc)';

/** A program that a test needs and npm does not bring: without it the test is skipped by name, or fails where it must run. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Set where the programs are installed on purpose, as in .ci: then one that is missing is a failure. */
const REQUIRES = 'TEST_REQUIRES_SYSTEM_PROGRAMS';

export interface SystemProgram {
  readonly isSkipped: boolean;
  /** For the test's name. */
  readonly note: string;
  /** Throws if the program is missing. */
  demand(): void;
}

export function systemProgram(name: string): SystemProgram {
  const isThere = (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, name)));
  const isRequired = (process.env[REQUIRES] ?? '') !== '';
  return {
    isSkipped: !isThere && !isRequired,
    note: isThere ? '' : ` (${name} is not installed)`,
    demand() {
      if (!isThere) throw new Error(`${name} is not installed, and ${REQUIRES} says that it must be`);
    },
  };
}

/** Tells whether the program runs at a terminal. */
import { closeSync, openSync } from 'node:fs';

/** False for a service, and once the terminal that the program was started at is closed. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    // There is none to open: that is the answer.
    return false;
  }
}

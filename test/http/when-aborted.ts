/** Waits for a turn to be told that nobody wants it. */
import type { TurnSignal } from '../../src/core/abort.js';

export function whenAborted(signal: TurnSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', resolve));
}

/** Shows that something happens by itself: no timer helps it along. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished, vi } from 'vitest';

/** Does `run` while timers that are set meanwhile do not fire: what waits for one of them never ends. */
export async function withFrozenTimers<Result>(run: () => Promise<Result>): Promise<Result> {
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
  const result = await run();
  vi.useRealTimers();
  return result;
}

/** Resolves when `isSo`, which is asked once for each turn of the event loop. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTurn();
}

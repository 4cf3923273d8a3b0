/** How much an event loop is held up, however busy the machine is with other things. */
import { existsSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** What this thread has worked, in ms. On Linux that leaves out the time in which others had the core. */
function createWorkClock(): () => number {
  const statistics = `/proc/self/task/${process.pid}/schedstat`;
  if (!existsSync(statistics)) return () => performance.now();
  return () => Number(readFileSync(statistics, 'latin1').split(' ')[0]) / 1e6;
}

export interface Watched<Result> {
  readonly result: Result;
  /** How long the event loop of this process worked at most without a pause, in ms. */
  readonly longestMs: number;
  /** How often it came round. */
  readonly turns: number;
}

/** What comes of `run`, and how long it held the event loop up. */
export async function watchLoop<Result>(run: () => Promise<Result>): Promise<Watched<Result>> {
  const worked = createWorkClock();
  let isOver = false;
  let longestMs = 0;
  let turns = 0;
  const watch = (async () => {
    for (let last = worked(); !isOver; ) {
      await nextTurn();
      const now = worked();
      longestMs = Math.max(longestMs, now - last);
      last = now;
      turns++;
    }
  })();
  try {
    const result = await run();
    isOver = true;
    await watch;
    return { result, longestMs, turns };
  } finally {
    isOver = true;
  }
}

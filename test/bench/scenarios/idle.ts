/** The memory of a stream that is open and has nothing to say. */
import { atMost, type Figure, type Reading } from '../figure.js';
import { openFilesLimit, tellsMemory } from '../process-usage.js';
import { NO_PROC, type Scenario } from './scenario.js';

const SCENARIO = 'idle';
const KIB = 1024;
const OTHER_FILES = 100;
const MEMORY: Figure = {
  scenario: SCENARIO,
  title: 'memory per open stream',
  unit: 'KiB',
  digits: 1,
  target: atMost(20),
};

export const idle: Scenario = {
  name: SCENARIO,
  about: 'memory of streams that are open and idle, headers and a token out',
  hindrance({ idle: { streams } }) {
    if (!tellsMemory()) return NO_PROC;
    const needed = streams + OTHER_FILES;
    const limit = openFilesLimit() ?? needed;
    return limit < needed
      ? `a process may open ${limit} files, and it takes ${needed} (ulimit -n)`
      : undefined;
  },
  async read(bench) {
    const { streams } = bench.sizes.idle;
    const readings: Reading[] = [];
    for (const surface of bench.surfaces) {
      const bridge = await bench.startBridge();
      await bench.warmUp(bridge);
      await bench.settle(bridge.pid);
      const before = bridge.rss();
      await bench.run(bench.subject(bridge, surface), {
        requests: streams,
        concurrency: streams,
        tokens: 1,
        ending: 'hold',
      });
      await bench.settle(bridge.pid);
      const value = (bridge.rss() - before) / streams / KIB;
      await bench.release();
      await bench.stopBridge(bridge);
      readings.push({ figure: MEMORY, subject: surface, value });
    }
    return readings;
  },
};

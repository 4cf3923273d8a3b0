/** Bursts of clients that leave after the first token: does the memory come back, and does the worker get to know? */
import { type Bench, pause } from '../bench.js';
import { atMost, type Figure, type Reading } from '../figure.js';
import type { BridgeProcess } from '../../load/bridge-process.js';
import { tellsMemory } from '../process-usage.js';
import { NO_PROC, type Scenario } from './scenario.js';

const SCENARIO = 'aborts';
const LARGEST_SHARE = 1.15;
const LOOK_MS = 500;
const MIB = 2 ** 20;
const SHARE: Figure = {
  scenario: SCENARIO,
  title: 'memory afterwards / idle',
  unit: '',
  digits: 2,
  target: atMost(LARGEST_SHARE),
};
const IDLE: Figure = { scenario: SCENARIO, title: 'memory, idle', unit: 'MiB', digits: 1 };
const PEAK: Figure = { scenario: SCENARIO, title: 'memory, right after the bursts', unit: 'MiB', digits: 1 };
const OPEN: Figure = {
  scenario: SCENARIO,
  title: 'turns still running at the worker',
  unit: '',
  digits: 0,
  target: atMost(0),
};

export const aborts: Scenario = {
  name: SCENARIO,
  about: '8,000 streams that their clients leave, in bursts of 500',
  hindrance: () => (!tellsMemory() ? NO_PROC : undefined),
  async read(bench) {
    const { bursts, streams, settleMs } = bench.sizes.aborts;
    const readings: Reading[] = [];
    for (const subject of bench.surfaces) {
      const bridge = await bench.startBridge();
      await bench.warmUp(bridge);
      await bench.settle(bridge.pid);
      const idle = bridge.rss();
      const load = {
        requests: streams,
        concurrency: streams,
        tokens: 10,
        paceMs: 1,
        ending: 'abort',
      } as const;
      for (let burst = 0; burst < bursts; burst++) {
        await bench.run(bench.subject(bridge, subject), load);
      }
      const peak = bridge.rss();
      const share = await settledShare(bridge, idle, settleMs);
      const open = await openTurns(bench);
      await bench.stopBridge(bridge);
      readings.push(
        { figure: SHARE, subject, value: share },
        { figure: IDLE, subject, value: idle / MIB },
        { figure: PEAK, subject, value: peak / MIB },
        { figure: OPEN, subject, value: open },
      );
    }
    return readings;
  },
};

/** Waits for the memory to come back, and says how much there is at last, of what there was when idle. */
async function settledShare(bridge: BridgeProcess, idle: number, settleMs: number): Promise<number> {
  const end = performance.now() + settleMs;
  while (bridge.rss() > idle * LARGEST_SHARE && performance.now() < end) await pause(LOOK_MS);
  return bridge.rss() / idle;
}

/** The cancels of the last burst may still be under way. */
async function openTurns(bench: Bench): Promise<number> {
  await pause(LOOK_MS);
  return bench.openSids();
}

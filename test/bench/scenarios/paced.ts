/** Many answers at the pace of a model, all of them asked for at once. */
import type { Measured } from '../bench.js';
import { atMost, type Figure, type Reading } from '../figure.js';
import { openFilesLimit } from '../process-usage.js';
import { percentile } from '../statistics.js';
import { cpuPerToken } from './cost.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'paced';
/** By how many streams there are, where that has a target. */
const CPU_TARGETS: ReadonlyMap<number, number> = new Map([[512, 10]]);
const TAIL_TARGETS: ReadonlyMap<number, number> = new Map([[1_024, 300]]);
/** Files that a process has open besides its connections. */
const OTHER_FILES = 100;

export const paced: Scenario = {
  name: SCENARIO,
  about: '512 and 1,024 streams with a token every 20 ms',
  hindrance({ paced: { streams } }) {
    const needed = Math.max(...streams) + OTHER_FILES;
    const limit = openFilesLimit() ?? needed;
    return limit < needed
      ? `a process may open ${limit} files, and it takes ${needed} (ulimit -n)`
      : undefined;
  },
  async read(bench) {
    const bridge = await bench.sharedBridge();
    const { streams: counts, tokens, paceMs } = bench.sizes.paced;
    const readings: Reading[] = [];
    for (const streams of counts) {
      const load = { requests: streams, concurrency: streams, tokens, paceMs };
      const direct = await bench.measure(bench.direct, load);
      for (const surface of bench.surfaces) {
        const measured = await bench.measure(bench.subject(bridge, surface), load);
        const subject = bench.compared(surface);
        const compared = subject && (await bench.measure(subject, load));
        readings.push(
          {
            figure: cpuFigure(streams),
            subject: surface,
            value: cpuPerToken(measured),
            compared: compared && cpuPerToken(compared),
          },
          {
            figure: tailFigure(streams),
            subject: surface,
            value: tailOf(measured),
            direct: tailOf(direct),
            compared: compared && tailOf(compared),
          },
        );
      }
    }
    return readings;
  },
};

function cpuFigure(streams: number): Figure {
  const target = CPU_TARGETS.get(streams);
  const figure = { scenario: SCENARIO, title: `${streams} streams: CPU per token`, unit: 'µs', digits: 2 };
  return target === undefined ? figure : { ...figure, target: atMost(target) };
}

function tailFigure(streams: number): Figure {
  const target = TAIL_TARGETS.get(streams);
  const figure = { scenario: SCENARIO, title: `${streams} streams: first token, p99`, unit: 'ms', digits: 0 };
  return target === undefined ? figure : { ...figure, target: atMost(target) };
}

function tailOf({ result }: Measured): number {
  return percentile(result.firstTokenMs, 0.99);
}

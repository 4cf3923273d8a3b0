/** Answers as fast as they can be read, side by side: the tokens of all streams come in turns. */
import type { Measured } from '../bench.js';
import { atLeast, atMost, type Figure, type Reading } from '../figure.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'flood';
const CPU: Figure = { scenario: SCENARIO, title: 'CPU per token', unit: 'µs', digits: 2, target: atMost(3) };
const RATE: Figure = {
  scenario: SCENARIO,
  title: 'tokens per second',
  unit: '1/s',
  digits: 0,
  target: atLeast(400_000),
};

export const flood: Scenario = {
  name: SCENARIO,
  about: '64 streams without a pace',
  async read(bench) {
    const { streams, tokens } = bench.sizes.flood;
    const load = { requests: streams, concurrency: streams, tokens };
    const bridge = await bench.sharedBridge();
    const direct = await bench.measure(bench.direct, load);
    const readings: Reading[] = [];
    for (const surface of bench.surfaces) {
      const measured = await bench.measure(bench.subject(bridge, surface), load);
      const subject = bench.compared(surface);
      const compared = subject && (await bench.measure(subject, load));
      readings.push(
        {
          figure: CPU,
          subject: surface,
          value: cpuPerToken(measured),
          compared: compared && cpuPerToken(compared),
        },
        {
          figure: RATE,
          subject: surface,
          value: rateOf(measured),
          direct: rateOf(direct),
          compared: compared && rateOf(compared),
        },
      );
    }
    return readings;
  },
};

/** In µs. */
export function cpuPerToken({ cpuMs, result }: Measured): number | undefined {
  return cpuMs === undefined ? undefined : (cpuMs * 1000) / result.tokens;
}

function rateOf({ result }: Measured): number {
  return result.tokens / (result.wallMs / 1000);
}

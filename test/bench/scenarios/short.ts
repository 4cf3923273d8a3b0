/** Short answers that are not streamed, 32 at a time. */
import type { Measured } from '../bench.js';
import { atMost, type Figure, type Reading } from '../figure.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'short';
const CPU: Figure = {
  scenario: SCENARIO,
  title: 'CPU per request',
  unit: 'µs',
  digits: 1,
  target: atMost(50),
};
const RATE: Figure = { scenario: SCENARIO, title: 'requests per second', unit: '1/s', digits: 0 };

export const short: Scenario = {
  name: SCENARIO,
  about: 'short whole answers, 32 at a time',
  async read(bench) {
    const load = { ...bench.sizes.short, stream: false };
    const { requests } = load;
    const cpuOf = ({ cpuMs }: Measured) => (cpuMs === undefined ? undefined : (cpuMs * 1000) / requests);
    const rateOf = ({ result }: Measured) => requests / (result.wallMs / 1000);
    const bridge = await bench.sharedBridge();
    const direct = await bench.measure(bench.direct, load);
    const readings: Reading[] = [];
    for (const surface of bench.surfaces) {
      const measured = await bench.measure(bench.subject(bridge, surface), load);
      const subject = bench.compared(surface);
      const compared = subject && (await bench.measure(subject, load));
      readings.push(
        { figure: CPU, subject: surface, value: cpuOf(measured), compared: compared && cpuOf(compared) },
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

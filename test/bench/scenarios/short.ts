/** Short answers that are not streamed, 32 at a time. */
import { atMost, type Figure } from '../figure.js';
import { readCost } from './cost.js';
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
  read(bench) {
    const load = { ...bench.sizes.short, stream: false };
    return readCost(bench, load, { cpu: CPU, rate: RATE, countOf: () => load.requests });
  },
};

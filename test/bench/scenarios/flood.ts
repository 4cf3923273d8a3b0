/** Answers as fast as they can be read, side by side: the tokens of all streams come in turns. */
import { atLeast, atMost, type Figure } from '../figure.js';
import { readCost } from './cost.js';
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
  read(bench) {
    const { streams, tokens } = bench.sizes.flood;
    const load = { requests: streams, concurrency: streams, tokens };
    return readCost(bench, load, { cpu: CPU, rate: RATE, countOf: (result) => result.tokens });
  },
};

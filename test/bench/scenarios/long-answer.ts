/** Does a token cost more the longer its answer is? */
import { atMost, type Figure, type Reading } from '../figure.js';
import { cpuPerToken } from './cost.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'long-answer';
/** How many times longer the long answer is. */
const FACTOR = 10;
/** One is linear; the rest is what two such measurements differ by. */
const STEEPEST = 1.2;
const SLOPE: Figure = {
  scenario: SCENARIO,
  title: 'CPU per token, ten times longer / short',
  unit: '',
  digits: 2,
  target: atMost(STEEPEST),
};

export const longAnswer: Scenario = {
  name: SCENARIO,
  about: 'ten answers of 10,000 tokens beside one of 100,000',
  async read(bench) {
    const { tokens } = bench.sizes.longAnswer;
    const bridge = await bench.sharedBridge();
    const readings: Reading[] = [];
    for (const surface of bench.surfaces) {
      const subject = bench.subject(bridge, surface);
      const short = cpuPerToken(await bench.measure(subject, { requests: FACTOR, concurrency: 1, tokens }));
      const long = cpuPerToken(
        await bench.measure(subject, { requests: 1, concurrency: 1, tokens: tokens * FACTOR }),
      );
      readings.push(
        { figure: costOf(tokens), subject: surface, value: short },
        { figure: costOf(tokens * FACTOR), subject: surface, value: long },
        {
          figure: SLOPE,
          subject: surface,
          value: short === undefined || long === undefined ? undefined : long / short,
        },
      );
    }
    return readings;
  },
};

function costOf(tokens: number): Figure {
  return { scenario: SCENARIO, title: `${tokens} tokens: CPU per token`, unit: 'µs', digits: 2 };
}

/** Does a character of the conversation cost more the longer the conversation is? */
import { atMost, type Figure, type Reading } from '../figure.js';
import { median } from '../statistics.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'long-history';
const FACTOR = 10;
const STEEPEST = 1.2;
const MEGA = 1_000_000;
const TIME_SLOPE: Figure = {
  scenario: SCENARIO,
  title: 'time per MB, ten times longer / short',
  unit: '',
  digits: 2,
  target: atMost(STEEPEST),
};
const CPU_SLOPE: Figure = { ...TIME_SLOPE, title: 'CPU per MB, ten times longer / short' };

export const longHistory: Scenario = {
  name: SCENARIO,
  about: 'requests with 1 MB of conversation beside ones with 10 MB',
  async read(bench) {
    const { characters, requests } = bench.sizes.longHistory;
    const bridge = await bench.sharedBridge();
    const readings: Reading[] = [];
    for (const surface of bench.surfaces) {
      const subject = bench.subject(bridge, surface);
      const measure = async (historyCharacters: number) => {
        const load = { requests, concurrency: 1, tokens: 1, historyCharacters };
        // The threads for large bodies are started by the first one.
        await bench.run(subject, { ...load, requests: 1 });
        const { result, cpuMs } = await bench.measure(subject, load);
        const megabytes = historyCharacters / MEGA;
        return {
          time: median(result.firstTokenMs) / megabytes,
          cpu: cpuMs === undefined ? undefined : cpuMs / requests / megabytes,
        };
      };
      const short = await measure(characters);
      const long = await measure(characters * FACTOR);
      readings.push(
        { figure: timeOf(characters), subject: surface, value: short.time },
        { figure: timeOf(characters * FACTOR), subject: surface, value: long.time },
        { figure: TIME_SLOPE, subject: surface, value: long.time / short.time },
        {
          figure: CPU_SLOPE,
          subject: surface,
          value: long.cpu === undefined || short.cpu === undefined ? undefined : long.cpu / short.cpu,
        },
      );
    }
    return readings;
  },
};

function timeOf(characters: number): Figure {
  return { scenario: SCENARIO, title: `${characters / MEGA} MB: first token, per MB`, unit: 'ms', digits: 2 };
}

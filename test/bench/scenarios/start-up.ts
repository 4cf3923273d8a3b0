/** From the start of the process to the end of the first answer. */
import { atMost, type Figure } from '../figure.js';
import { median } from '../statistics.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'start-up';
const FIRST_ANSWER: Figure = {
  scenario: SCENARIO,
  title: 'first whole answer',
  unit: 'ms',
  digits: 0,
  target: atMost(300),
};
const LISTENING: Figure = { scenario: SCENARIO, title: 'start line', unit: 'ms', digits: 0 };

export const startUp: Scenario = {
  name: SCENARIO,
  about: 'from the start of the process to its first whole answer',
  async read(bench) {
    const [surface = 'ollama'] = bench.surfaces;
    const listening: number[] = [];
    const answered: number[] = [];
    for (let start = 0; start < bench.sizes.startUp.starts; start++) {
      const startedAt = performance.now();
      const bridge = await bench.startBridge();
      listening.push(performance.now() - startedAt);
      await bench.run(bench.subject(bridge, surface), {
        requests: 1,
        concurrency: 1,
        tokens: 5,
        stream: false,
      });
      answered.push(performance.now() - startedAt);
      await bench.stopBridge(bridge);
    }
    return [
      { figure: FIRST_ANSWER, subject: '', value: median(answered) },
      { figure: LISTENING, subject: '', value: median(listening) },
    ];
  },
};

/** What the bridge adds to the time until the first token: one request at a time, beside the same on the stand-in's socket. */
import type { Bench, Subject } from '../bench.js';
import { atMost, type Figure, type Reading } from '../figure.js';
import type { Job } from '../load/job.js';
import { percentile } from '../statistics.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'first-token';
const WAYS: readonly Job['connections'][] = ['kept', 'new'];

const ADDED: Readonly<Record<Job['connections'], Figure>> = {
  kept: {
    scenario: SCENARIO,
    title: 'added, kept connection, p50',
    unit: 'ms',
    digits: 3,
    target: atMost(0.2),
  },
  new: {
    scenario: SCENARIO,
    title: 'added, new connection, p50',
    unit: 'ms',
    digits: 3,
    target: atMost(0.26),
  },
};
const TOTAL: Readonly<Record<Job['connections'], Figure>> = {
  kept: { scenario: SCENARIO, title: 'total, kept connection, p50', unit: 'ms', digits: 3 },
  new: { scenario: SCENARIO, title: 'total, new connection, p50', unit: 'ms', digits: 3 },
};
const TAIL: Readonly<Record<Job['connections'], Figure>> = {
  kept: { scenario: SCENARIO, title: 'total, kept connection, p99', unit: 'ms', digits: 3 },
  new: { scenario: SCENARIO, title: 'total, new connection, p99', unit: 'ms', digits: 3 },
};

export const firstToken: Scenario = {
  name: SCENARIO,
  about: 'added time to the first token, one request at a time',
  async read(bench) {
    const bridge = await bench.sharedBridge();
    const direct: number[] = [];
    const series = bench.surfaces.flatMap((surface) =>
      WAYS.map((connections) => {
        const times: number[] = [];
        const comparedTimes: number[] = [];
        const subject = bench.subject(bridge, surface);
        return { surface, connections, subject, compared: bench.compared(surface), times, comparedTimes };
      }),
    );
    for (let block = 0; block < bench.sizes.firstToken.blocks; block++) {
      direct.push(...(await ask(bench, bench.direct, 'kept')));
      for (const { subject, connections, compared, times, comparedTimes } of series) {
        times.push(...(await ask(bench, subject, connections)));
        if (compared) comparedTimes.push(...(await ask(bench, compared, connections)));
      }
    }
    return series.flatMap(({ surface, connections, times, comparedTimes }): Reading[] => {
      const [p50, comparedP50, directP50] = [times, comparedTimes, direct].map((of) => percentile(of, 0.5));
      const hasCompared = comparedTimes.length > 0 && comparedP50 !== undefined && directP50 !== undefined;
      return [
        {
          figure: ADDED[connections],
          subject: surface,
          value: (p50 ?? Number.NaN) - (directP50 ?? Number.NaN),
          ...(hasCompared && { compared: comparedP50 - directP50 }),
        },
        {
          figure: TOTAL[connections],
          subject: surface,
          value: p50,
          direct: directP50,
          ...(hasCompared && { compared: comparedP50 }),
        },
        {
          figure: TAIL[connections],
          subject: surface,
          value: percentile(times, 0.99),
          direct: percentile(direct, 0.99),
          ...(hasCompared && { compared: percentile(comparedTimes, 0.99) }),
        },
      ];
    });
  },
};

async function ask(
  bench: Bench,
  subject: Subject,
  connections: Job['connections'],
): Promise<readonly number[]> {
  const { requests } = bench.sizes.firstToken;
  return (await bench.run(subject, { requests, concurrency: 1, tokens: 3, connections })).firstTokenMs;
}

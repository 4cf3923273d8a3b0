/** What a hop by `--upstream` costs: a server of OpenAI's API asked through the bridge, beside the same server asked directly. */
import type { Bench, Measured, Subject } from '../bench.js';
import type { Figure, Reading } from '../figure.js';
import { MODEL } from '../order.js';
import { percentile } from '../statistics.js';
import { cpuPerToken } from './cost.js';
import type { Scenario } from './scenario.js';

const SCENARIO = 'upstream';
const ADDED: Figure = { scenario: SCENARIO, title: 'added first token, p50', unit: 'ms', digits: 3 };
const TOTAL: Figure = { scenario: SCENARIO, title: 'first token, p50', unit: 'ms', digits: 3 };
const PER_TOKEN: Figure = { scenario: SCENARIO, title: 'CPU for a token', unit: 'µs', digits: 2 };
const PER_REQUEST: Figure = { scenario: SCENARIO, title: 'CPU for a short request', unit: 'µs', digits: 0 };

export const upstream: Scenario = {
  name: SCENARIO,
  about: 'the cost of --upstream, beside its server asked directly',
  async read(bench) {
    const server = await bench.startServer();
    const base = `http://127.0.0.1:${server.port}/v1`;
    const bridge = await bench.startBridge({ OPENAI_WORKER_MODELS: '' }, ['--upstream', base]);
    await bench.warmUp(bridge);
    const direct: Subject = {
      target: { kind: 'http', host: '127.0.0.1', port: server.port, surface: 'openai', model: MODEL },
      pid: server.pid,
    };
    const readings: Reading[] = [];
    for (const surface of bench.surfaces) {
      const subject = bench.subject(bridge, surface);
      const [own, alone] = [await firstTokens(bench, subject), await firstTokens(bench, direct)];
      const { streams, tokens } = bench.sizes.flood;
      const { requests, concurrency, tokens: few } = bench.sizes.short;
      const flood = { requests: streams, concurrency: streams, tokens };
      const short = { requests, concurrency, tokens: few };
      const cpuOf = (measured: Measured) =>
        measured.cpuMs === undefined ? undefined : (measured.cpuMs * 1_000) / requests;
      readings.push(
        { figure: ADDED, subject: surface, value: own - alone },
        { figure: TOTAL, subject: surface, value: own, direct: alone },
        {
          figure: PER_TOKEN,
          subject: surface,
          value: cpuPerToken(await bench.measure(subject, flood)),
          direct: cpuPerToken(await bench.measure(direct, flood)),
        },
        {
          figure: PER_REQUEST,
          subject: surface,
          value: cpuOf(await bench.measure(subject, short)),
          direct: cpuOf(await bench.measure(direct, short)),
        },
      );
    }
    await bench.stopBridge(bridge);
    return readings;
  },
};

async function firstTokens(bench: Bench, subject: Subject): Promise<number> {
  const { requests, blocks } = bench.sizes.firstToken;
  const load = { requests: requests * blocks, concurrency: 1, tokens: 3 };
  return percentile((await bench.run(subject, load)).firstTokenMs, 0.5) ?? Number.NaN;
}

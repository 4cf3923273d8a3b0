/** Who answers, as each place tells it that somebody may look at: in every state of the nest. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startHumd } from '../commands/humd.js';
import { startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../temporary-folder.js';
import { startFakeUpstream } from '../upstream/fake-upstream.js';
import { runProgram, urlIn } from './run-program.js';

interface Told {
  readonly startLine: string;
  readonly url: string;
  readonly home: string;
  /** `/readyz`: its status, and the body. */
  ready(): Promise<readonly [number, string]>;
  verbose(): Promise<string>;
  nest(): Promise<Readonly<Record<string, unknown>>>;
  metrics(): Promise<string>;
  /** The command `status`. */
  status(): Promise<string>;
}

async function start(args: readonly string[], home = temporaryFolder()): Promise<Told> {
  const startLine = await runProgram(args, { home }).startLine();
  const url = urlIn(startLine);
  const get = (path: string) => fetch(`${url}${path}`, { headers: { connection: 'close' } });
  return {
    startLine,
    url,
    home,
    async ready() {
      const response = await get('/readyz');
      return [response.status, await response.text()];
    },
    verbose: async () => (await get('/readyz?verbose')).text(),
    nest: async () => Object(await (await get('/ui/api/status')).json()).nest,
    metrics: async () => (await get('/metrics')).text(),
    status: async () => (await runProgram(['status', '--once', '--url', url], { home }).ended()).stdout,
  };
}

interface Expected {
  readonly type: string;
  readonly answers: string;
  /** Null where it can answer. */
  readonly problem: string | null;
  readonly text: string;
}

/** All places say the same. */
async function expectTold(told: Told, { type, answers, problem, text }: Expected): Promise<void> {
  expect(await told.ready()).toEqual(problem === null ? [200, 'ok'] : [503, problem]);
  expect(await told.nest()).toMatchObject({ type, answers, problem, ready: problem === null, text });
  const who = type === 'hum' ? 'hum' : `embedded ${answers}`;
  const verbose = (await told.verbose()).split('\n');
  expect(verbose[0]).toBe(problem === null ? `[+]nest ${who}` : `[-]nest ${who}: ${problem}`);
  expect(verbose.at(-2)).toBe(`readyz check ${problem === null ? 'passed' : 'failed'}`);
  const metrics = await told.metrics();
  expect(metrics).toContain(`thrum_bridge_nest_info{nest="${type}",answers="${answers}"} 1\n`);
  expect(metrics).toContain(`thrum_bridge_ready ${problem === null ? 1 : 0}\n`);
  expect(await told.status()).toContain(`nest      ${text}\n`);
}

// Each start of the program takes a second, and several where the machine is busy.
describe('who answers is told everywhere', { timeout: 60_000 }, () => {
  it('an echo where there is no humd, and the humd that comes', async () => {
    const told = await start([]);
    const socket = join(told.home, 'run/hum/thrum.sock');
    const text = `embedded (no humd at ${socket}): nothing but an echo answers until one is there`;
    expect(told.startLine).toContain(` | nest: ${text} | `);
    await expectTold(told, { type: 'embedded', answers: 'echo', problem: null, text });

    const daemon = await startDaemon({
      socketPath: socket,
      beesPath: join(told.home, 'state/hum/bees.json'),
    });
    onTestFinished(() => daemon.close());
    const problem = 'no worker is on the mesh';
    await eventually(async () => expect(await told.nest()).toMatchObject({ type: 'hum', problem }), 15_000);
    await expectTold(told, { type: 'hum', answers: 'humd', problem, text: `humd at ${socket}: ${problem}` });
    await startEchoWorker({ socketPath: socket, models: ['sonnet'] });
    await eventually(async () => expect((await told.ready())[0]).toBe(200));
    await expectTold(told, { type: 'hum', answers: 'humd', problem: null, text: `humd at ${socket}` });
    await daemon.close();
    await eventually(async () => expect((await told.ready())[0]).toBe(503));
    await expectTold(told, {
      type: 'hum',
      answers: 'humd',
      problem: 'humd does not answer',
      text: `humd (not there yet) at ${socket}`,
    });
  });

  it('a humd whose only worker never answers', async () => {
    const { home, socketPath } = await startHumd([{ models: ['claude-sonnet-4-6'], hive: 'claude-repl' }]);
    const told = await start([], home);
    const problem = 'no worker on the mesh answers a prompt: there is only claude-repl';
    const text = `humd at ${socketPath}: ${problem}`;
    expect(told.startLine).toContain(` | nest: ${text} | `);
    await expectTold(told, { type: 'hum', answers: 'humd', problem, text });
  });

  it('an upstream, while it answers and when it does not', async () => {
    const upstream = await startFakeUpstream();
    const { base, port } = upstream;
    const told = await start(['--upstream', base]);
    const answering = `embedded (for --upstream): ${base} answers`;
    expect(told.startLine).toContain(` | nest: ${answering} | `);
    await expectTold(told, { type: 'embedded', answers: 'upstream', problem: null, text: answering });
    await upstream.close();
    const body = JSON.stringify({ model: 'llama3', messages: [{ role: 'user', content: '?' }] });
    await eventually(async () => {
      await (await fetch(`${told.url}/v1/chat/completions`, { method: 'POST', body })).text();
      expect((await told.ready())[0]).toBe(503);
    });
    const problem = 'the upstream cannot be reached (ECONNREFUSED)';
    const text = `embedded (for --upstream): ${base} does not answer: ${problem}`;
    await expectTold(told, { type: 'embedded', answers: 'upstream', problem, text });
    await startFakeUpstream(port);
    await eventually(async () => expect((await told.ready())[0]).toBe(200), 15_000);
  });

  it('by all processes that share a port', async () => {
    const { home, socketPath } = await startHumd([]);
    const told = await start(['--workers', '2'], home);
    const problem = 'no worker is on the mesh';
    await expectTold(told, {
      type: 'hum',
      answers: 'humd',
      problem,
      text: `humd at ${socketPath}: ${problem}`,
    });
  });
});

/** Several processes on the same ports: what they share, and what becomes of the others when one goes. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { runProgram } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ask } from './ask.js';
import { startHumd } from './humd.js';
import { type Running, START_MS, startProcesses } from './several-processes.js';

const two = ['--nest', 'embedded', '--workers', '2'];

/**
 * Streams of numbered tokens, on connections of their own. Each begins when the one before was answered: the
 * processes then take them in turn, while of a burst all may go to one, if the other is slow to accept.
 */
async function openStreams(url: string, count: number, n: number): Promise<readonly Response[]> {
  const streams: Response[] = [];
  while (streams.length < count) streams.push(await ask(url, `@script {"n":${n},"ms":20}`, { stream: true }));
  return streams;
}

async function endOf(response: Response): Promise<'whole' | 'cut'> {
  try {
    return (await response.text()).includes('"done":true') ? 'whole' : 'cut';
  } catch {
    return 'cut';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('--workers', () => {
  it('takes a whole number from 1 to 64', async () => {
    const wrong = ['0', '65', '1.5'].map((count) => runProgram(['--workers', count]).ended());
    for (const { exitCode, stderr, stdout } of await Promise.all(wrong)) {
      expect([exitCode, stdout]).toEqual([78, '']);
      expect(stderr).toContain('a whole number from 1 to 64');
    }
  });

  it('validates the configuration before any process is started', async () => {
    const env = { OLLAMA_SERVER_PORT: 'abc' };
    const { exitCode, stderr } = await runProgram(['--workers', '2'], { env }).ended();
    expect(exitCode).toBe(78);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('says once, and in one line, that the port is taken', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void holder.close());
    const port = String(Object(holder.address()).port);
    const { exitCode, stdout, stderr } = await runProgram(two, { env: { OLLAMA_SERVER_PORT: port } }).ended();
    expect([exitCode, stdout]).toEqual([1, '']);
    const complaints = stderr.split('\n').filter((line) => line.startsWith('thrum-bridge: '));
    expect(complaints).toEqual([expect.stringContaining(`port ${port} on 127.0.0.1 is in use`)]);
  });

  it('runs so many processes on one port of each hive, each of which is a bee of its own to hum', async () => {
    const humd = await startHumd();
    const env = { HUM_THRUM_SOCK: humd.place.socketPath };
    const running = await startProcesses(['ollama-server', 'openai-server', '--workers', '3'], env);
    expect(running.line).toMatch(/ollama-server on \S+ \| workers: 3 \| nest: humd at /);
    const hellos = humd.sentOf('hello').filter((hello) => hello['hive'] === 'ollama-server');
    expect(hellos).toHaveLength(3);
    expect(new Set(hellos.map((hello) => hello['hid'])).size).toBe(3);
    expect(new Set(hellos.map((hello) => hello['nestlerId'])).size).toBe(3);
    const { port } = new URL(running.url);
    expect(hellos.map((hello) => Object(hello['bind']).port)).toEqual(Array(3).fill(Number(port)));
    const bees = Object.values<object>(JSON.parse(readFileSync(humd.place.beesPath, 'utf8')));
    expect(bees.filter((bee) => 'name' in bee && bee.name === 'ollama-server')).toHaveLength(3);
    for (const answer of await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask(running.url, 'hi'))))
      expect(answer.status).toBe(200);
  });

  it('warns of what each process knows for itself, and one process warns of nothing', async () => {
    const warnings = ({ log }: Running) => log().filter(({ level }) => level === 40);
    expect(warnings(await startProcesses(two))).toMatchObject([
      { msg: expect.stringContaining('REDIS_URL') },
    ]);
    expect(warnings(await startProcesses(['--nest', 'embedded']))).toEqual([]);
  });
});

describe('one of several processes', () => {
  it('that is killed loses its own turns and no others, and is replaced', async () => {
    const { program, url, log, workers } = await startProcesses(two);
    const streams = await openStreams(url, 8, 60);
    const [victim = Number.NaN] = workers();
    process.kill(victim, 'SIGKILL');
    const ends = await Promise.all(streams.map(endOf));
    // Both had some of them.
    expect(new Set(ends)).toEqual(new Set(['whole', 'cut']));
    await eventually(() => expect(workers()).toHaveLength(3), START_MS);
    expect(log().filter(({ msg }) => msg === 'a process ended, and is replaced')).toMatchObject([
      { child: victim, signal: 'SIGKILL', pid: program.process.pid },
    ]);
    const again = await Promise.all((await openStreams(url, 4, 2)).map(endOf));
    expect(again).toEqual(Array(4).fill('whole'));
  });

  it('that is told to end by itself drains, and is replaced', async () => {
    const { url, workers } = await startProcesses(two);
    const streams = await openStreams(url, 4, 30);
    const [recycled = Number.NaN] = workers();
    process.kill(recycled, 'SIGTERM');
    expect(await Promise.all(streams.map(endOf))).toEqual(Array(4).fill('whole'));
    await eventually(() => expect(workers()).toHaveLength(3), START_MS);
    expect((await ask(url, 'hi')).status).toBe(200);
  });

  it.each([
    ['ends at once', 'process.exit(9)'],
    ['cannot begin', `process.argv.push('--no-such-option')`],
  ])('that %s, five times in a row, ends the program with what to do', async (_, fault) => {
    const code = `if (process.send) ${fault}`;
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
    const { exitCode, stdout, stderr } = await runProgram(two, { env }).ended();
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^thrum-bridge: .*5 times in a row: see the log/);
  });
});

/** A call and its result, each on a connection of its own, which the processes take in turn. */
async function callAndAnswer(url: string, question: string): Promise<void> {
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }];
  const post = async (messages: readonly object[]) => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { connection: 'close' },
      body: JSON.stringify({ model: 'claude-sonnet-4', messages, tools }),
    });
    return Object(await response.json()).choices[0].message;
  };
  const asked = { role: 'user', content: question };
  const called = await post([asked]);
  const { content } = await post([
    asked,
    called,
    { role: 'tool', tool_call_id: called.tool_calls[0].id, content: '21C' },
  ]);
  expect(content).toContain('21C');
}

describe('a result that reaches another process than the one whose worker waits for it', () => {
  it('is replayed there, and the worker is told at once to stop waiting', async () => {
    const humd = await startHumd({ routeUndeclaredToolResults: true });
    const env = { HUM_THRUM_SOCK: humd.place.socketPath, OLLAMA_SERVER_DEFUSE_TEXT: 'false' };
    const { url } = await startProcesses(['ollama-server', '--workers', '2'], env);
    await eventually(async () => {
      const before = humd.sentOf('prompt').length;
      const script = { tools: [{ name: 'get_weather', args: {} }], then: ['21C'] };
      await callAndAnswer(url, `@script ${JSON.stringify(script)}`);
      const [first, replayed] = humd.sentOf('prompt').slice(before);
      expect(replayed).toBeDefined();
      await eventually(
        () => expect(humd.sentOf('cancel').map(({ sid }) => sid)).toContain(first?.sid),
        2_000,
      );
    }, START_MS);
  });
});

describe('the sessions of several processes', () => {
  it('are listed and deleted by whichever process is asked', async () => {
    const state = temporaryFolder();
    const place = { socketPath: join(state, 'thrum.sock'), beesPath: join(state, 'hum/bees.json') };
    const humd = await startHumd({ statefulness: 'stateful_session', place });
    const env = { HUM_THRUM_SOCK: place.socketPath, XDG_STATE_HOME: state };
    const { url } = await startProcesses(['ollama-server', '--workers', '2'], env);
    const call = async (method: string, path: string) =>
      Object(await (await fetch(url + path, { method, headers: { connection: 'close' } })).json());
    const list = async (): Promise<readonly { id: string }[]> => (await call('GET', '/v1/hum/sessions')).data;
    for (let n = 0; n < 4; n++) expect((await ask(url, `hi ${n}`)).status).toBe(200);
    const listed = await list();
    expect(listed).toHaveLength(4);
    for (const { id } of listed)
      expect(await call('DELETE', `/v1/hum/sessions/${id}`)).toMatchObject({ id, deleted: true });
    await eventually(async () => expect(await list()).toEqual([]));
    await eventually(() => expect(humd.sentOf('cleanup')).toHaveLength(4));
  });
});

describe('the program with several processes', () => {
  it.each([
    ['its own process', false],
    ['all processes, as a terminal does it', true],
  ])('drains all of them on a signal to %s, and ends with 0', async (_, isForAll) => {
    const { program, url, workers } = await startProcesses(two);
    const streams = await openStreams(url, 4, 40);
    for (const pid of isForAll ? workers() : []) process.kill(pid, 'SIGINT');
    program.process.kill('SIGINT');
    expect(await Promise.all(streams.map(endOf))).toEqual(Array(4).fill('whole'));
    expect((await program.ended()).exitCode).toBe(0);
    expect(workers().filter(isAlive)).toEqual([]);
  });

  it('ends at once on a second signal, and leaves nobody behind', async () => {
    const { program, url, workers } = await startProcesses(two);
    const streams = await openStreams(url, 2, 5_000);
    program.process.kill('SIGTERM');
    await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(503));
    program.process.kill('SIGTERM');
    expect((await program.ended()).exitCode).toBe(143);
    await eventually(() => expect(workers().filter(isAlive)).toEqual([]));
    expect(await Promise.all(streams.map(endOf))).toEqual(['cut', 'cut']);
  });

  it('leaves nobody behind when it is killed', async () => {
    const { program, workers } = await startProcesses(two);
    program.process.kill('SIGKILL');
    await program.ended();
    await eventually(() => expect(workers().filter(isAlive)).toEqual([]));
  });

  it('counts the turns of all of them in the usage', async () => {
    const { url } = await startProcesses(two);
    const streams = await openStreams(url, 8, 1);
    expect(await Promise.all(streams.map(endOf))).toEqual(Array(8).fill('whole'));
    // Each writes its lines down about a second after the turn.
    await eventually(async () => {
      const { data } = Object(await (await fetch(`${url}/v1/usage`)).json());
      expect(data).toMatchObject([{ model: 'claude-sonnet-4-6', turns: 8 }]);
    });
  });
});

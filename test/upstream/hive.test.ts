/** The hive `upstream-worker`, as a bee of a humd. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDaemon } from '../../src/daemon/daemon.js';
import { eventually } from '../eventually.js';
import { runProgram } from '../program/run-program.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';
import { startFakeUpstream } from './fake-upstream.js';

async function startHumd(home: string) {
  const place = {
    socketPath: join(home, 'run', 'hum', 'thrum.sock'),
    beesPath: join(home, 'state', 'hum', 'bees.json'),
  };
  const daemon = await startDaemon(place);
  onTestFinished(() => daemon.close());
  const bees = (): readonly Readonly<Record<string, unknown>>[] =>
    Object.values(JSON.parse(readFileSync(place.beesPath, 'utf8')));
  return { place, daemon, bees };
}

function configure(home: string, config: unknown): void {
  mkdirSync(join(home, 'config', 'hum', 'hives'), { recursive: true });
  writeFileSync(join(home, 'config', 'hum', 'hives', 'upstream-worker.json'), JSON.stringify(config));
}

describe('the hive upstream-worker', () => {
  it('is a worker of a humd: listed as one, and asked as one', async () => {
    const home = temporaryFolder();
    const upstream = await startFakeUpstream();
    const { place, bees } = await startHumd(home);
    configure(home, { base: upstream.base, apiKey: 'sk-file' });
    const line = await runProgram(['upstream-worker'], { home }).startLine();
    expect(line).toMatch(
      /^thrum-bridge \S+: upstream-worker for \S+\/v1 \| nest: humd at \S+ \| models: llama3$/,
    );
    expect(bees()).toEqual([
      expect.objectContaining({
        name: 'upstream-worker',
        bee: ['worker'],
        hid: expect.stringMatching(/^wbee_[0-9a-f]{64}$/),
        models: ['llama3'],
        propensity: { statefulness: 'stateless_per_call', richness: 'rich', wire: 'openai/chat-completions' },
      }),
    ]);
    expect(bees()[0]).not.toHaveProperty('tools');
    const { url } = await startTestBridge({ place });
    const body = JSON.stringify({
      model: 'llama3',
      stream: false,
      messages: [{ role: 'user', content: '?' }],
    });
    const answer = await (await fetch(`${url}/api/chat`, { method: 'POST', body })).json();
    expect(answer).toMatchObject({ message: { content: 'hi' } });
    expect(upstream.chats.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-file']);
  });

  it('comes back to a humd that was away, as the same bee, and lists embed where that is wanted', async () => {
    const home = temporaryFolder();
    const upstream = await startFakeUpstream();
    const first = await startHumd(home);
    const env = { OPENAI_API_BASE: upstream.base, UPSTREAM_WORKER_OFFER_EMBED: 'true' };
    const program = runProgram(['upstream-worker', '--nest', 'hum'], { home, env });
    await program.startLine();
    const [bee] = first.bees();
    expect(bee?.['tools']).toEqual([expect.objectContaining({ name: 'embed' })]);
    await first.daemon.close();
    const second = await startHumd(home);
    await eventually(() =>
      expect(second.bees()).toEqual([expect.objectContaining({ hid: bee?.['hid'], models: ['llama3'] })]),
    );
    program.process.kill('SIGTERM');
    expect(await program.ended()).toMatchObject({ exitCode: 0 });
    await eventually(() => expect(second.bees()).toEqual([]));
  });

  it('starts before there is a humd, and an upstream', async () => {
    const env = { OPENAI_API_BASE: 'http://127.0.0.1:9/v1' };
    const line = await runProgram(['upstream-worker'], { env }).startLine();
    expect(line).toMatch(/ \| nest: humd \(not there yet\) at \S+ \| models: none yet$/);
  });

  it('shows its own keys, where they come from, and no secret', async () => {
    const home = temporaryFolder();
    configure(home, { base: 'http://127.0.0.1:8000/v1/', apiKey: 'sk-file' });
    const env = { OPENAI_WORKER_MODELS: 'x,y', OPENAI_API_KEY: 'sk-shell' };
    const { stdout, exitCode } = await runProgram(['upstream-worker', '--print-config'], {
      home,
      env,
    }).ended();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^# upstream-worker\nbase +"http:\/\/127.0.0.1:8000\/v1\/" +file /);
    expect(stdout).toMatch(/^models +\["x","y"\] +env OPENAI_WORKER_MODELS$/m);
    // What everybody's shell may have is not for this server.
    expect(stdout).toMatch(/^apiKey +"\*+" +file /m);
    expect(stdout).not.toContain('sk-');
  });

  it("does not give the file's key to the server that the environment names", async () => {
    const home = temporaryFolder();
    const upstream = await startFakeUpstream();
    configure(home, { base: 'http://127.0.0.1:9/v1', apiKey: 'sk-file' });
    const program = runProgram(['upstream-worker'], { home, env: { OPENAI_API_BASE: upstream.base } });
    await program.startLine();
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    program.process.kill('SIGTERM');
    expect((await program.ended()).stderr).toContain('is not used, as base names another server');
  });

  it('refuses a bee of its own humd as its upstream', async () => {
    const home = temporaryFolder();
    const { place } = await startHumd(home);
    const { url } = await startTestBridge({ place });
    const env = { OPENAI_API_BASE: `${url.replace('127.0.0.1', 'localhost')}/v1` };
    const { exitCode, stderr } = await runProgram(['upstream-worker'], { home, env }).ended();
    expect([exitCode, stderr]).toEqual([78, expect.stringContaining('is ollama-server itself')]);
  });

  it.each([
    { args: ['upstream-worker', '--nest', 'embedded'], why: 'gets an upstream by --upstream' },
    { args: ['upstream-worker', 'ollama-server'], why: 'is a worker, which has no port' },
    { args: ['upstream-worker', '--workers', '2'], why: 'is a worker, which has no port' },
  ])('refuses to run as $args', async ({ args, why }) => {
    const { exitCode, stderr } = await runProgram(args).ended();
    expect([exitCode, stderr]).toEqual([78, expect.stringContaining(why)]);
  });
});

import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { chat, script, startWorld, type World } from '../front-door/world.js';
import { runInTerminal, terminal } from '../program/run-in-terminal.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { startHumd } from './humd.js';

const DEADLINE_MS = 10_000;
const ESCAPE = '\u001b';
const HIDE = `${ESCAPE}[?1049h${ESCAPE}[?25l`;
const SHOW = `${ESCAPE}[?25h${ESCAPE}[?1049l`;

/** One turn has ended, one has failed, and one goes on until the test is over. */
async function startBusyWorld(): Promise<World> {
  const world = await startWorld();
  await (await world.post('/api/chat', chat('hello'))).text();
  await (await world.post('/v1/chat/completions', chat(script({ error: { message: 'no credit' } })))).text();
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const running = world.post('/api/chat', chat(script({ n: 100_000, ms: 20 })), leaving.signal);
  const answer = await running;
  answer.text().catch(() => undefined);
  return world;
}

describe('status, once', () => {
  it('shows link, sessions, turns and what went wrong', async () => {
    const { url } = await startBusyWorld();
    const { exitCode, stdout, stderr } = await runProgram(['status', '--once', '--url', url]).ended();
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^thrum-bridge 0\.0\.0-test {2}ollama-server {2}http:\/\/127\.0\.0\.1:\d+ {2}up \d+ s\n\n/,
    );
    expect(stdout).toMatch(/^link {6}up +socket 1 up, 0 reconnects$/m);
    expect(stdout).toMatch(/^sessions {2}\d+ open +1 running, 0 parked, 0 waiting, 0 kept$/m);
    expect(stdout).toMatch(/^tokens {4}\d+\.\d\/s +\d+ B wait for slow clients$/m);
    expect(stdout).toMatch(/^turns {5}2 ended +1 stop, 1 worker-error$/m);
    expect(stdout).toMatch(/^memory {4}\d+\.\d MB$/m);
    expect(stdout).toMatch(
      /^LIVE TURNS\nMODEL .*\nclaude-sonnet-4 +ollama +answering +\d+ s +\d+ +\d+\.\d$/m,
    );
    expect(stdout).toMatch(
      /^LAST FAULTS\n\S+ \S+ worker-error claude-sonnet-4: no credit\n {2}-> The worker failed/m,
    );
  });

  it('shows the conversations that workers remember', async () => {
    const world = await startWorld({ statefulness: 'stateful_session' });
    await (await world.post('/v1/chat/completions', chat('hello', { prompt_cache_key: 'a\u202eb' }))).text();
    const { stdout } = await runProgram(['status', '--once', '--url', world.url]).ended();
    expect(stdout).toMatch(/^sessions .* 1 kept$/m);
    expect(stdout).toMatch(
      /^MODELS\nMODEL +WORKERS +STATEFULNESS +CONVERSATIONS\n(.*\n)*claude-sonnet-4 +1 echo +stateful_session +1$/m,
    );
    expect(stdout).toMatch(
      /^CONVERSATIONS\nMODEL +STATE +TURNS +AGE +IDLE +NAME\nclaude-sonnet-4 +kept +1 +\d+ s +\d+ s +a\S*b$/m,
    );
  });

  it('gives what the bridge says as it is, with --json', async () => {
    const { url } = await startWorld();
    const { exitCode, stdout } = await runProgram(['status', '--json', '--url', url]).ended();
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'ollama-server', link: { state: 'up' }, live: [] });
  });

  it('finds the bridge that is configured, even where its port was a free one', async () => {
    const { home } = await startHumd();
    const url = urlIn(await runProgram(['--nest', 'hum'], { home }).startLine());
    const byRoster = await runProgram(['status'], { home }).ended();
    expect([byRoster.exitCode, byRoster.stdout]).toEqual([0, expect.stringContaining(url)]);
    const env = { OLLAMA_SERVER_PORT: new URL(url).port };
    expect((await runProgram(['status'], { home, env }).ended()).stdout).toContain(url);
  });
});

describe('status, where there is nothing to show', () => {
  it.each([
    [['--url', 'http://127.0.0.1:9'], 1, 'no bridge answers at http://127.0.0.1:9 '],
    [[], 78, "ollama-server is configured to take any free port: name the bridge's address with --url"],
    [['--url', 'localhost:11434'], 78, '--url must be an http or https address such as'],
  ])('%j ends with %d and one line', async (args, exitCode, line) => {
    const ended = await runProgram(['status', ...args]).ended();
    expect([ended.exitCode, ended.stdout]).toEqual([exitCode, '']);
    expect(ended.stderr).toMatch(/^thrum-bridge: [^\n]+\n$/);
    expect(ended.stderr).toContain(line);
  });

  it('tells another server from a bridge, and sends it no key that was not given for it', async () => {
    const keys: unknown[] = [];
    const server = createServer((request, response) => {
      keys.push(request.headers.authorization);
      response.end('Ollama is running');
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${Object(server.address())['port']}`;
    const env = { OLLAMA_SERVER_API_KEY: 'configured', OLLAMA_SERVER_PORT: '11434' };
    const ended = await runProgram(['status', '--url', url], { env }).ended();
    expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining('not as a thrum-bridge')]);
    await runProgram(['status', '--url', url, '--key', 'given'], { env }).ended();
    expect(keys).toEqual([undefined, 'Bearer given']);
  });

  it('shows the configured key to the configured bridge, and says where one is missing', async () => {
    const { url } = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'one,two' } });
    const env = { OLLAMA_SERVER_PORT: new URL(url).port };
    const refused = await runProgram(['status'], { env }).ended();
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringContaining('one of its API keys with --key'),
    ]);
    const { exitCode, stdout } = await runProgram(['status'], {
      env: { ...env, OLLAMA_SERVER_API_KEY: 'two' },
    }).ended();
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('ollama-server')]);
  });
});

describe.skipIf(terminal.isSkipped)(`status in a terminal${terminal.note}`, () => {
  it('draws anew until Ctrl-C, and gives the terminal back as it was', async () => {
    const world = await startBusyWorld();
    const running = runInTerminal(['status', '--url', world.url], { columns: 60 });
    await eventually(
      () => expect(running.shown().startsWith(`${HIDE}${ESCAPE}[Hthrum-bridge`)).toBe(true),
      DEADLINE_MS,
    );
    const tokens = () => [...running.shown().matchAll(/answering +\d+ s +(\d+)/g)].map(([, n]) => Number(n));
    await eventually(() => expect(Math.max(...tokens())).toBeGreaterThan(tokens()[0] ?? 0), DEADLINE_MS);
    expect(running.shown()).not.toContain(SHOW);
    const plain = running
      .shown()
      .replaceAll(ESCAPE, '␛')
      .replace(/␛\[[?\d;]*[A-Za-z]/g, '');
    expect(Math.max(...plain.split('\r\n').map((line) => [...line].length))).toBe(60);
    running.type('\x03');
    const { exitCode, shown } = await running.ended();
    expect(exitCode).toBe(0);
    expect(shown.endsWith(SHOW) || shown.endsWith(`^C${SHOW}`)).toBe(true);
  });

  it('keeps the last figures while the bridge is gone', async () => {
    const world = await startWorld();
    const running = runInTerminal(['status', '--url', world.url]);
    await eventually(() => expect(running.shown()).toContain('ollama-server'), DEADLINE_MS);
    await world.bridge.close();
    await eventually(
      () => expect(running.shown()).toMatch(/ollama-server[\s\S]*no bridge answers at/),
      DEADLINE_MS,
    );
    running.type('\x03');
    expect((await running.ended()).exitCode).toBe(0);
  });
});

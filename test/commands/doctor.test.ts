import { chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DaemonOptions, startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import { eventually } from '../eventually.js';
import { runInTerminal, terminal } from '../program/run-in-terminal.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';

const ESCAPE = '\u001b[';
const MODELS = ['claude-sonnet-4-6', 'claude-haiku-4-5', 'claude-opus-4-7'];

interface Finding {
  readonly status: string;
  readonly title: string;
  readonly detail: string;
  readonly remedy?: string;
}

interface Report {
  readonly exitCode: number | null;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** The one finding with this title. */
  of(title: string): Finding;
}

async function examine(
  home: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const { exitCode, stdout, stderr } = await runProgram(['doctor', '--json', ...args], { home, env }).ended();
  expect(stderr).toBe('');
  const { ok, hives } = JSON.parse(stdout);
  const findings: readonly Finding[] = hives[0].findings;
  return {
    exitCode,
    ok,
    findings,
    of(title) {
      const found = findings.filter((finding) => finding.title === title);
      expect(found, `${title} in ${stdout}`).toHaveLength(1);
      return found[0] ?? { status: '', title, detail: '' };
    },
  };
}

/** A humd in its usual place below `home`, with an echo for `models`. */
async function startHum(
  home: string,
  models: readonly string[] = MODELS,
  options: Partial<DaemonOptions> = {},
) {
  const place = { socketPath: join(home, 'run/hum/thrum.sock'), beesPath: join(home, 'state/hum/bees.json') };
  const daemon = await startDaemon({ ...place, ...options });
  onTestFinished(() => daemon.close());
  if (models.length > 0) await startEchoWorker({ socketPath: place.socketPath, models });
  return place;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
}

function portOf(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(Object(server.address())['port'])),
  );
}

describe('doctor, where all is well', () => {
  it('says ok to everything, with the time that a real turn took, and ends with 0', async () => {
    const home = temporaryFolder();
    const { socketPath } = await startHum(home);
    const report = await examine(home);
    expect(report.findings.map(({ status, title }) => `${status} ${title}`)).toEqual([
      'ok configuration',
      'ok key file',
      'ok access',
      'ok rights',
      'ok port',
      'ok socket',
      'ok humd',
      'ok mesh',
      'ok turn',
    ]);
    expect([report.exitCode, report.ok]).toEqual([0, true]);
    expect(report.of('configuration').detail).toContain('OLLAMA_SERVER_PORT from the environment');
    expect(report.of('socket').detail).toContain(`${socketPath}, by XDG_RUNTIME_DIR`);
    expect(report.of('humd').detail).toContain('thrum 0.7.0');
    expect(report.of('mesh').detail).toContain('1 worker');
    expect(report.of('turn').detail).toMatch(
      /^claude-sonnet-4-6 answered: first token after \d+ ms, all of it after \d+ ms$/,
    );
  });

  it('makes no key file, and says whose it is once there is one', async () => {
    const home = temporaryFolder();
    const path = join(home, 'state/hum/bees/ollama-server.key');
    expect((await examine(home)).of('key file')).toMatchObject({
      status: 'ok',
      detail: `${path} is made at the first start`,
    });
    expect(() => readFileSync(path)).toThrow('ENOENT');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.alloc(32), { mode: 0o600 });
    expect((await examine(home)).of('key file').detail).toMatch(/ is fbee_[0-9a-f]{64}$/);
  });

  it('asks nothing with --no-turn, and the model that --model names', async () => {
    const home = temporaryFolder();
    await startHum(home);
    expect((await examine(home, ['--no-turn'])).of('turn')).toMatchObject({
      status: 'skipped',
      detail: '--no-turn was given',
    });
    expect((await examine(home, ['--model', 'opus'])).of('turn').detail).toMatch(/^opus answered/);
    expect((await examine(home, ['--model', 'gpt-9'])).of('turn')).toMatchObject({
      status: 'fail',
      remedy: expect.stringContaining('Ask for a model that is listed'),
    });
  });

  it('knows a running bridge from another program on the port', async () => {
    const home = temporaryFolder();
    await startHum(home);
    const port = new URL(urlIn(await runProgram([], { home }).startLine())).port;
    expect((await examine(home, ['--no-turn'], { OLLAMA_SERVER_PORT: port })).of('port')).toMatchObject({
      status: 'ok',
      detail: `a running thrum-bridge answers on port ${port} on 127.0.0.1`,
    });
  });
});

describe('doctor, where something is wrong', () => {
  it('no humd: fails with --nest hum, and else warns that only an echo would answer', async () => {
    const home = temporaryFolder();
    const waiting = await examine(home, ['--nest', 'hum']);
    expect(waiting.exitCode).toBe(1);
    const socket = {
      detail: `there is nothing at ${home}/run/hum/thrum.sock, by XDG_RUNTIME_DIR`,
      remedy: 'start humd, or set HUM_THRUM_SOCK if its socket is elsewhere',
    };
    expect(waiting.of('socket')).toMatchObject({ status: 'fail', ...socket });
    expect(waiting.of('turn')).toMatchObject({ status: 'skipped', detail: 'there is no link to a humd' });

    const echoing = await examine(home);
    expect(echoing.exitCode).toBe(0);
    expect(echoing.of('socket')).toMatchObject({ status: 'warn', ...socket });
    expect(echoing.of('nest')).toMatchObject({
      status: 'warn',
      detail: 'embedded (no humd answers): nothing but an echo answers',
      remedy: expect.stringContaining('start humd and run with --nest hum'),
    });
    expect(echoing.of('turn')).toMatchObject({ status: 'ok', detail: expect.stringContaining('the echo') });
  });

  it('a humd that has ended and left its socket behind', async () => {
    const home = temporaryFolder();
    const path = join(home, 'thrum.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    renameSync(path, `${path}.kept`);
    await new Promise((resolve) => server.close(resolve));
    renameSync(`${path}.kept`, path);
    chmodSync(path, 0o600);
    const report = await examine(home, [], { HUM_THRUM_SOCK: path });
    expect(report.exitCode).toBe(1);
    expect(report.of('humd')).toMatchObject({
      status: 'fail',
      detail: `nobody listens on ${path} (ECONNREFUSED)`,
      remedy: expect.stringContaining('start humd'),
    });
  });

  it('a socket that others may write to, and one that is a link', async () => {
    const home = temporaryFolder();
    const { socketPath } = await startHum(home);
    chmodSync(socketPath, 0o666);
    expect((await examine(home, ['--no-turn'])).of('socket')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('others may write to it'),
      remedy: `chmod 600 ${socketPath}`,
    });
    const refused = await examine(home, [], { OLLAMA_SERVER_SOCKET_CHECK: 'refuse' });
    expect(refused.of('socket').status).toBe('warn'); // the echo takes its place
    expect(refused.of('turn').detail).toContain('the echo');

    chmodSync(socketPath, 0o600);
    const link = join(home, 'link.sock');
    symlinkSync(socketPath, link);
    const linked = await examine(home, ['--no-turn'], {
      HUM_THRUM_SOCK: link,
      OLLAMA_SERVER_SOCKET_CHECK: 'refuse',
    });
    expect(linked.exitCode).toBe(1);
    expect(linked.of('socket')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('it is a symbolic link; it is not dialled (socketCheck is refuse)'),
      remedy: `set HUM_THRUM_SOCK=${socketPath}, where it leads`,
    });
  });

  it('a key file of another length, and one that others can read', async () => {
    const home = temporaryFolder();
    const path = join(home, 'state/hum/bees/ollama-server.key');
    write(path, 'short');
    const report = await examine(home, ['--no-turn']);
    expect(report.exitCode).toBe(1);
    expect(report.of('key file')).toMatchObject({
      status: 'fail',
      detail: `${path} holds 5 bytes but must hold 32`,
      remedy: expect.stringContaining(`mv ${path} ${path}.broken`),
    });
    writeFileSync(path, Buffer.alloc(32));
    chmodSync(path, 0o644);
    expect((await examine(home, ['--no-turn'])).of('key file')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('mode 0644'),
      remedy: `chmod 600 ${path}`,
    });
  });

  it('a port that Ollama has, and one that another program has', async () => {
    const home = temporaryFolder();
    const ollama = await portOf(
      createHttpServer((request, response) => {
        response.statusCode = request.url === '/api/version' ? 200 : 404;
        response.end(request.url === '/api/version' ? '{"version":"0.9.1"}' : '404 page not found');
      }),
    );
    const taken = await examine(home, ['--no-turn'], { OLLAMA_SERVER_PORT: `${ollama}` });
    expect(taken.exitCode).toBe(1);
    expect(taken.of('port')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('taken by Ollama 0.9.1'),
      remedy: expect.stringContaining('OLLAMA_SERVER_PORT=0'),
    });
    const other = await portOf(createServer((socket) => socket.end('220 mail\r\n')));
    expect((await examine(home, ['--no-turn'], { OLLAMA_SERVER_PORT: `${other}` })).of('port')).toMatchObject(
      {
        status: 'fail',
        detail: `port ${other} on 127.0.0.1 is taken by another program`,
        remedy: expect.stringContaining('OLLAMA_SERVER_PORT=0'),
      },
    );
  });

  it('a bad value ends the checks that depend on it; an unknown key is a warning', async () => {
    const home = temporaryFolder();
    const bad = await examine(home, [], { OLLAMA_SERVER_PORT: 'abc' });
    expect(bad.exitCode).toBe(1);
    expect(bad.of('configuration')).toMatchObject({
      status: 'fail',
      detail: 'port (OLLAMA_SERVER_PORT) is "abc" but must be a whole number from 0 to 65535',
      remedy: expect.stringContaining('change that value'),
    });
    expect(bad.of('the rest').status).toBe('skipped');
    expect(bad.of('key file').status).toBe('ok');

    write(join(home, 'config/hum/hives/ollama-server.json'), '{"prot":1}');
    const unknown = await examine(home, ['--no-turn']);
    expect(unknown.findings).toContainEqual({
      status: 'warn',
      title: 'configuration',
      detail: expect.stringContaining('did you mean "port"?'),
      remedy: expect.stringContaining('thrum-bridge ollama-server --print-config'),
    });
  });

  it('no worker at all, and none for some of the models', async () => {
    const home = temporaryFolder();
    await startHum(home, []);
    const empty = await examine(home);
    expect(empty.exitCode).toBe(1);
    expect(empty.of('mesh')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('no worker is on the mesh'),
      remedy: expect.stringContaining('hum bee --list'),
    });
    expect(empty.of('turn')).toMatchObject({ status: 'skipped', detail: 'no worker serves any model' });

    const other = temporaryFolder();
    await startHum(other, ['claude-haiku-4-5-20251001']);
    const some = await examine(other);
    expect(some.findings).toContainEqual({
      status: 'warn',
      title: 'mesh',
      detail: 'nobody serves claude-sonnet-4-6, claude-opus-4-7, which the hive lists',
      remedy: 'set OLLAMA_SERVER_MODELS=claude-haiku-4-5, or start a worker that serves them',
    });
    expect(some.of('turn').detail).toMatch(/^claude-haiku-4-5 answered/);
  });

  it('claude-repl, which lists models and never answers', async () => {
    const alone = temporaryFolder();
    await startHum(alone, []);
    const stub = { socketPath: join(alone, 'run/hum/thrum.sock'), hive: 'claude-repl', models: MODELS };
    await startEchoWorker(stub);
    const report = await examine(alone);
    expect(report.findings.filter(({ title }) => title === 'mesh')).toMatchObject([
      { status: 'fail', detail: 'no worker on the mesh answers a prompt: there is only claude-repl' },
      {
        status: 'warn',
        detail: `claude-repl never answers: ${['echo', ...MODELS].join(', ')} cannot be asked, which nobody else serves`,
        remedy: 'stop it: hum bee claude-repl exit',
      },
    ]);
    expect(report.of('turn')).toMatchObject({ status: 'skipped' });

    const both = temporaryFolder();
    await startHum(both, MODELS);
    await startEchoWorker({
      ...stub,
      socketPath: join(both, 'run/hum/thrum.sock'),
      models: ['claude-opus-4-7'],
    });
    expect((await examine(both, ['--no-turn'])).findings).toContainEqual({
      status: 'warn',
      title: 'mesh',
      detail: 'claude-repl never answers, and humd may give it the prompts for echo, claude-opus-4-7',
      remedy: 'stop it: hum bee claude-repl exit',
    });
  });

  it('a default model that nobody serves', async () => {
    const home = temporaryFolder();
    await startHum(home);
    const env = { OLLAMA_SERVER_DEFAULT_MODEL: 'llama3' };
    expect((await examine(home, ['--no-turn'], env)).findings).toContainEqual({
      status: 'warn',
      title: 'mesh',
      detail: 'nobody serves llama3, which is to answer to unknown names',
      remedy: 'set OLLAMA_SERVER_DEFAULT_MODEL to a model that `thrum-bridge models` shows a worker for',
    });
  });

  it('a humd of another major version', async () => {
    const home = temporaryFolder();
    await startHum(home, [], { protoVersion: '1.0.0' });
    const report = await examine(home);
    expect(report.exitCode).toBe(1);
    expect(report.of('humd')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('It says 1.0.0.'),
      remedy: 'update whichever is older, humd or thrum-bridge, so that both speak thrum 0.x',
    });
    expect(report.of('turn').status).toBe('skipped');
  });

  it('a humd that takes the connection and says nothing', async () => {
    const home = temporaryFolder();
    await startHum(home, [], { filter: () => undefined });
    const report = await examine(home, ['--nest', 'hum']);
    expect(report.of('humd')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('does not answer the hello'),
      remedy: expect.stringContaining('restart humd'),
    });
  });

  it('a worker that fails at the turn', async () => {
    const home = temporaryFolder();
    await startHum(home, MODELS, {
      filter: (tone, direction) =>
        direction === 'out' && tone.chi === 'chunk'
          ? { ...tone, chi: 'error', code: 'worker_error', message: 'no credit left' }
          : tone,
    });
    const report = await examine(home);
    expect(report.exitCode).toBe(1);
    expect(report.of('turn')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('no credit left'),
      remedy: expect.stringContaining('log'),
    });
  });

  it('a hive that other machines can reach without a key', async () => {
    const home = temporaryFolder();
    const env = { OLLAMA_SERVER_HOST: '0.0.0.0' };
    const open = await examine(home, ['--no-turn'], env);
    expect(open.exitCode).toBe(1);
    expect(open.of('access')).toMatchObject({
      status: 'fail',
      remedy: expect.stringMatching(/^set OLLAMA_SERVER_API_KEY=.*OLLAMA_SERVER_HOST=127\.0\.0\.1$/),
    });
    expect((await examine(home, ['--no-turn', '--insecure'], env)).of('access').status).toBe('warn');
    const keyed = await examine(home, ['--no-turn'], { ...env, OLLAMA_SERVER_API_KEY: 'top-secret' });
    expect(keyed.of('access').status).toBe('ok');
    expect(JSON.stringify(keyed.findings)).not.toContain('top-secret');
  });
});

describe('doctor, where an upstream is to answer', () => {
  it('asks it for its models, and one of them for an answer', async () => {
    const upstream = urlIn(await runProgram(['openai-server', '--nest', 'embedded']).startLine());
    const report = await examine(temporaryFolder(), ['--upstream', `${upstream}/v1`]);
    expect(report.exitCode).toBe(0);
    expect(report.of('upstream').detail).toContain(`${upstream}/v1 answers, and lists`);
    expect(report.of('nest')).toMatchObject({
      status: 'ok',
      detail: `embedded (for --upstream): ${upstream}/v1 answers`,
    });
    expect(report.of('turn').detail).toMatch(/^claude-sonnet-4-6 answered: first token/);
  });

  it('fails where it does not answer, for a server and for the hive that is a worker', async () => {
    const server = createServer();
    const base = `http://127.0.0.1:${await portOf(server)}/v1`;
    await new Promise((resolve) => server.close(resolve));
    const env = { OPENAI_API_BASE: base };
    const expected = {
      status: 'fail',
      detail: `${base}: the upstream cannot be reached (ECONNREFUSED)`,
      remedy: expect.stringContaining('OPENAI_API_BASE'),
    };
    const served = await examine(temporaryFolder(), ['--no-turn'], env);
    expect([served.exitCode, served.of('upstream')]).toEqual([1, expect.objectContaining(expected)]);

    const home = temporaryFolder();
    await startHum(home, []);
    const worker = await examine(home, ['upstream-worker'], env);
    expect(worker.of('upstream')).toMatchObject(expected);
    expect(worker.of('humd').status).toBe('ok');
    expect(worker.findings.map(({ title }) => title)).not.toContain('port');
  });
});

it.skipIf(terminal.isSkipped)(`doctor cancels its turn at Ctrl-C${terminal.note}`, async () => {
  const home = temporaryFolder();
  const heard: string[] = [];
  await startHum(home, MODELS, {
    onTone: (direction, { chi }) => {
      if (direction === 'in') heard.push(chi);
    },
    filter: (tone, direction) =>
      direction === 'in' && ['chunk', 'finish'].includes(tone.chi) ? undefined : tone,
  });
  const running = runInTerminal(['doctor'], { home });
  await eventually(() => expect(heard).toContain('prompt'));
  running.type('\x03');
  const { exitCode, shown } = await running.ended();
  expect([exitCode, shown]).toEqual([0, expect.stringContaining('interrupted, and the turn cancelled')]);
  // Its end may be seen before what it sent.
  await eventually(() => expect(heard).toContain('cancel'));
});

describe('what doctor prints', () => {
  it('is plain in a pipe, one line for each check with its remedy below', async () => {
    const { exitCode, stdout } = await runProgram([
      'doctor',
      '--nest',
      'hum',
      'ollama-server',
      'openai-server',
    ]).ended();
    expect(exitCode).toBe(1);
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).toMatch(/^ollama-server\nok {6}configuration: /);
    expect(stdout).toMatch(/^fail {4}socket: there is nothing at .*\n {8}-> start humd/m);
    expect(stdout).toMatch(/^openai-server$/m);
  });

  it.skipIf(terminal.isSkipped)(
    `has colours in a terminal, but not with NO_COLOR${terminal.note}`,
    async () => {
      const coloured = await runInTerminal(['doctor', '--nest', 'hum']).ended();
      expect(coloured.exitCode).toBe(1);
      expect(coloured.shown).toContain(`${ESCAPE}32mok     ${ESCAPE}39m configuration: `);
      expect(coloured.shown).toContain(`${ESCAPE}31mfail   ${ESCAPE}39m socket: `);
      const plain = await runInTerminal(['doctor', '--no-turn'], { env: { NO_COLOR: '1' } }).ended();
      expect([plain.exitCode, plain.shown.includes(ESCAPE)]).toEqual([0, false]);
    },
  );
});

/** A bridge on a free port, and the doctor of a configuration that names this port. */
async function examineRunning(
  home: string,
  served: readonly string[],
  args: readonly string[] = ['--no-turn'],
  env: Readonly<Record<string, string>> = {},
) {
  const program = runProgram(served, { home, env });
  const port = new URL(urlIn(await program.startLine())).port;
  const again = (more: readonly string[] = args, other = env) =>
    examine(home, more, { ...other, OLLAMA_SERVER_PORT: port });
  return { report: await again(), again, port };
}

describe('doctor, where a bridge runs on the port', () => {
  it('tells who answers there, and asks it', async () => {
    const home = temporaryFolder();
    const { socketPath } = await startHum(home);
    const { report } = await examineRunning(home, [], []);
    expect(report.exitCode).toBe(0);
    expect(report.of('running bridge')).toMatchObject({
      status: 'ok',
      detail: `nest: humd at ${socketPath}`,
    });
    expect(report.of('turn')).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/^claude-sonnet-4-6 answered through the running bridge after \d+ ms$/),
    });
  });

  it('fails where it echoes for ever beside a humd that answers', async () => {
    const home = temporaryFolder();
    const { again } = await examineRunning(home, ['--nest', 'embedded']);
    const { socketPath } = await startHum(home);
    const report = await again();
    expect(report.exitCode).toBe(1);
    expect(report.of('running bridge')).toMatchObject({
      status: 'fail',
      detail: `its nest is embedded (as asked): nothing but an echo answers, and a start would take humd at ${socketPath} now`,
      remedy: expect.stringContaining('restart it'),
    });
    expect((await again(['--no-turn', '--nest', 'embedded'])).of('running bridge')).toMatchObject({
      status: 'warn',
      detail: 'nest: embedded (as asked): nothing but an echo answers',
    });
  });

  it('fails where it has no humd, no worker, or another server than the one that is meant', async () => {
    const home = temporaryFolder();
    const { report } = await examineRunning(home, ['--nest', 'hum'], ['--no-turn', '--nest', 'hum']);
    expect(report.exitCode).toBe(1);
    expect(report.of('running bridge')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('it cannot answer: humd (not there yet) at '),
      remedy: expect.stringContaining('start humd'),
    });

    const empty = temporaryFolder();
    await startHum(empty, []);
    expect((await examineRunning(empty, [])).report.of('running bridge')).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(/it cannot answer: humd at .*: no worker is on the mesh$/),
    });

    const upstream = urlIn(await runProgram(['openai-server', '--nest', 'embedded']).startLine());
    const other = await examineRunning(temporaryFolder(), ['--upstream', `${upstream}/v1`]);
    expect(other.report.of('running bridge')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('a start would take the echo within the process now'),
    });
    expect(
      (await other.again(['--no-turn', '--upstream', `${upstream}/v1`])).of('running bridge'),
    ).toMatchObject({ status: 'ok', detail: `nest: embedded (for --upstream): ${upstream}/v1 answers` });
  });

  it('says that it is another hive, and that it takes another key', async () => {
    const home = temporaryFolder();
    const program = runProgram(['openai-server', '--nest', 'embedded'], { home });
    const port = new URL(urlIn(await program.startLine())).port;
    const other = await examine(home, ['--no-turn'], { OLLAMA_SERVER_PORT: port });
    expect(other.of('running bridge')).toMatchObject({
      status: 'fail',
      detail: 'the port is that of openai-server, another hive',
    });
    const keyed = await examineRunning(home, ['--nest', 'embedded'], ['--no-turn'], {
      OLLAMA_SERVER_API_KEY: 'the-key-it-has',
    });
    const wrong = await keyed.again(['--no-turn'], { OLLAMA_SERVER_API_KEY: 'another-key' });
    expect(wrong.of('running bridge')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('refuses to say it'),
    });
  });
});

/** What `install` makes sure of: the port before, the answer afterwards; and what it leaves behind. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Machine, write } from './machine.js';
import { startHumd } from './running-service.js';

const KIND = 'ollama-server';
const SERVICE = `hum-${KIND}`;
const START_TIMEOUT_MS = 60_000;

/** Listens on a port, until the test is over, and answers as `listener` does. */
async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return portOf(server.address());
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

/** Gives the machine a service manager that starts and stops the program, by the launcher, and keeps its log. */
function manage(machine: Machine, socket: string): { readonly pid: () => string } {
  const folder = dirname(machine.checkout);
  const pid = join(folder, 'pid');
  const log = join(folder, 'log');
  const stop = `[ ! -f "${pid}" ] || { kill "$(cat "${pid}")"; while kill -0 "$(cat "${pid}")"; do sleep 0.1; done; } 2>/dev/null`;
  machine.stub('sleep', 'exec /bin/sleep "$1"');
  machine.stub('journalctl', `cat "${log}"`);
  machine.stub(
    'systemctl',
    'case " $* " in',
    `*" restart "*) ${stop}`,
    `  HUM_THRUM_SOCK="${socket}" XDG_STATE_HOME="${machine.home}/.local/state" "${machine.launcher(KIND)}" </dev/null >"${log}" 2>&1 &`,
    `  echo $! >"${pid}" ;;`,
    `*" stop "*) ${stop} ;;`,
    `*" show "*) if kill -0 "$(cat "${pid}")" 2>/dev/null; then echo ActiveState=active; else echo ActiveState=failed; fi ;;`,
    `*" is-active "*) kill -0 "$(cat "${pid}" 2>/dev/null)" 2>/dev/null ;;`,
    'esac',
  );
  const readPid = () => readFileSync(pid, 'utf8').trim();
  onTestFinished(() => {
    try {
      process.kill(Number(readPid()), 'SIGKILL');
    } catch {
      // It has ended, or was never started.
    }
  });
  return { pid: readPid };
}

describe('install', () => {
  it(
    'waits until the service answers, and says where and who; again over the one that runs',
    async () => {
      const machine = new Machine({ program: 'real' });
      const humd = await startHumd();
      const manager = manage(machine, humd.socketPath);
      const port = await findFreePort();
      const env = { HUM_THRUM_SOCK: humd.socketPath, OLLAMA_SERVER_PORT: String(port) };
      const answers = `${SERVICE} answers at http://127.0.0.1:${port}: hum`;
      const first = await machine.runChecked(KIND, 'install', [], env);
      expect(first).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(answers) });
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);

      const pid = manager.pid();
      const second = await machine.runChecked(KIND, 'install');
      expect(second).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(answers) });
      expect(manager.pid()).not.toBe(pid);
    },
    START_TIMEOUT_MS,
  );

  it('says from its log why the service does not run', async () => {
    const machine = new Machine();
    manage(machine, '/none');
    write(
      join(machine.checkout, 'dist', 'main.js'),
      "if (process.argv[2] !== '--version') throw 'no room left';",
    );
    const port = String(await findFreePort());
    const outcome = await machine.runChecked(KIND, 'install', [], { OLLAMA_SERVER_PORT: port });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`${SERVICE} does not run`);
    expect(outcome.stderr).toMatch(/the end of its log:\n(?: {4}.*\n)* {4}no room left\n/);
  });

  it(
    'says so where a service that runs does not answer',
    async () => {
      const machine = new Machine();
      manage(machine, '/none');
      machine.stub('sleep', 'exit 0');
      const program = "if (process.argv[2] !== '--version') setInterval(() => console.error('waiting'), 10);";
      write(join(machine.checkout, 'dist', 'main.js'), program);
      const port = String(await findFreePort());
      const outcome = await machine.runChecked(KIND, 'install', [], { OLLAMA_SERVER_PORT: port });
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain(
        `${SERVICE} does not answer: no bridge answers at http://127.0.0.1:${port}`,
      );
      expect(outcome.stderr).toContain('    waiting\n');
    },
    START_TIMEOUT_MS,
  );

  it(
    'on macOS shows of the log what came since the start',
    async () => {
      const machine = new Machine({ system: 'Darwin' });
      const log = join(machine.home, 'Library', 'Logs', `sh.hum.${SERVICE}.err.log`);
      write(log, 'an old line\n');
      machine.stub('launchctl', `[ "$1" != bootstrap ] || echo 'a new line' >>"${log}"`);
      const port = String(await findFreePort());
      const outcome = await machine.runChecked(KIND, 'install', [], { OLLAMA_SERVER_PORT: port });
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain('the end of its log:\n    a new line\n');
      expect(outcome.stderr).not.toContain('an old line');
    },
    START_TIMEOUT_MS,
  );
});

describe('a port that is taken is found before anything is written', () => {
  it('by another program', async () => {
    const machine = new Machine();
    const port = await listen((_, response) => response.end('hello'));
    const outcome = await machine.runChecked(KIND, 'install', [], { OLLAMA_SERVER_PORT: String(port) });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`port ${port} on 127.0.0.1 is taken by another program`);
    expect(outcome.stderr).toContain('OLLAMA_SERVER_PORT=0');
    expect(machine.snapshot()).toEqual({});
    expect(machine.takeCalls()).toEqual([]);
  });

  it('by a bridge that is not the service', async () => {
    const machine = new Machine();
    machine.stub(
      'systemctl',
      machine.recording('systemctl'),
      'case " $* " in *" is-active "*) exit 3 ;; esac',
    );
    const port = await listen((_, response) => response.end('[+]nest ok\nreadyz check passed\n'));
    const outcome = await machine.runChecked(KIND, 'install', [], { OLLAMA_SERVER_PORT: String(port) });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(
      `a running thrum-bridge answers on port ${port} on 127.0.0.1, and it is not the service`,
    );
    expect(machine.snapshot()).toEqual({});
  });

  it('where the configuration names it, whatever this shell says', async () => {
    const machine = new Machine();
    const port = await listen((_, response) => response.end('hello'));
    write(machine.config(KIND), JSON.stringify({ port }));
    const before = machine.snapshot();
    const outcome = await machine.runChecked(KIND, 'install', [], { OLLAMA_SERVER_PORT: '0' });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(machine.snapshot()).toEqual(before);
  });

  it('and told of by --dry-run', async () => {
    const machine = new Machine();
    const port = await listen((_, response) => response.end('hello'));
    const env = { OLLAMA_SERVER_PORT: String(port) };
    const { code, stdout } = await machine.runChecked(KIND, 'install', ['--dry-run'], env);
    expect(code).toBe(0);
    expect(stdout).toContain(`install would fail: port ${port} on 127.0.0.1 is taken by another program`);
  });
});

describe('nothing stays that is not named', () => {
  it('of uninstall: files of the service and of the install', async () => {
    const machine = new Machine();
    write(machine.launcher(KIND), 'the binary of before');
    await machine.run(KIND, 'install');
    const state = join(machine.home, '.local', 'state', 'hum');
    write(join(state, 'bees', `${KIND}.key`), 'seed', 0o600);
    write(join(state, 'journal', KIND, '2026-01-01.jsonl'), '{}\n');
    const wants = join(dirname(machine.unit(KIND)), 'default.target.wants');
    mkdirSync(wants);
    symlinkSync(machine.unit(KIND), join(wants, `${SERVICE}.service`));
    machine.stub('systemctl', 'exit 1');
    const { code, stdout } = await machine.run(KIND, 'install', ['uninstall']);
    expect(code).toBe(0);
    expect(existsSync(join(wants, `${SERVICE}.service`))).toBe(false);
    const [, left = ''] = /left as they are: (.*)\n/.exec(stdout) ?? [];
    for (const path of left.split(', ')) rmSync(path, { recursive: true });
    expect(machine.snapshot()).toEqual({});
  });

  it('of uninstall where there was no install', async () => {
    const machine = new Machine();
    const { stdout } = await machine.run(KIND, 'install', ['uninstall']);
    expect(stdout).toContain('left as they are: none');
  });

  it('of an option that there is not', async () => {
    const machine = new Machine();
    for (const option of ['--user-config', '--user-config=x', '--purge', '-x'])
      for (const action of ['install', 'uninstall']) {
        const { code, stderr } = await machine.run(KIND, 'install', [action, option]);
        expect([code, stderr]).toEqual([78, expect.stringContaining(`unknown argument: ${option}`)]);
      }
    expect(machine.snapshot()).toEqual({});
  });

  it('of a write that was interrupted', async () => {
    const machine = new Machine();
    // In the place of chmod: the signal comes when the temporary file is written.
    machine.stub('chmod', 'kill -TERM "$PPID"', 'exit 1');
    const run = machine.run(KIND, 'install');
    await run.catch(() => undefined);
    expect(machine.snapshot()).toEqual({});
  });
});

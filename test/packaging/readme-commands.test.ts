/** Every command of the README, in its order, in a fresh clone; only the ports are free ones. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import { homeEnvironment } from '../program/home-environment.js';
import { systemProgram } from '../system-program.js';

const run = promisify(execFile);
/** A clone is installed and built from npm's cache. */
const SET_UP_MS = 240_000;
const STEP_MS = 60_000;

const readme = readFileSync('README.md', 'utf8');
/** The lines of each block of commands, without comments. */
const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) =>
  text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== ''),
);
const [start = [], look = [], hum = [], upstream = []] = blocks;

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = Object(server.address());
      server.close(() => resolve(port));
    }),
  );
}

const curl = systemProgram('curl');

describe.skipIf(curl.isSkipped || !existsSync('.git'))(`the commands of the README${curl.note}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'thrum-'));
  const clone = join(folder, 'clone');
  const home = join(folder, 'home');
  const children: ChildProcess[] = [];
  let ports: Readonly<Record<string, number>> = {};
  let env: NodeJS.ProcessEnv = {};

  /** As the README has it, but for its ports. */
  const withPorts = (command: string) =>
    Object.entries(ports).reduce((text, [written, free]) => text.replaceAll(written, `${free}`), command);
  const toShell = (command: string) => ['-c', withPorts(command)];
  const runs = async (command: string) => (await run('bash', toShell(command), { cwd: clone, env })).stdout;

  /** Runs in a second terminal; resolves with its start line. */
  function keepsRunning(command: string): Promise<string> {
    const child = spawn('bash', toShell(command.replace(/ &$/, '')), { cwd: clone, env, detached: true });
    children.push(child);
    return new Promise((resolve, reject) => {
      let output = '';
      const look = (chunk: unknown) => {
        output += String(chunk);
        const line = output.split('\n').find((text) => text.startsWith('thrum-bridge '));
        if (line !== undefined && output.endsWith('\n')) resolve(line);
      };
      child.stdout?.on('data', look);
      child.stderr?.on('data', look);
      child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${output}`)));
    });
  }

  /** Ctrl-C in every terminal. */
  async function endAll(): Promise<void> {
    for (const child of children.splice(0)) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      process.kill(-child.pid, 'SIGTERM');
      await ended;
    }
  }

  beforeAll(async () => {
    ports = { 11434: await freePort() };
    env = {
      ...homeEnvironment(home),
      OLLAMA_SERVER_PORT: String(ports['11434']),
      NPM_CONFIG_PREFER_OFFLINE: 'true',
      NPM_CONFIG_CACHE: execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim(),
      NO_UPDATE_NOTIFIER: '1',
    };
    await run('git', ['clone', '--quiet', process.cwd(), clone]);
  }, STEP_MS);

  afterAll(async () => {
    await endAll();
    await rm(folder, { recursive: true, force: true });
  }, SET_UP_MS);

  it('are those that are tried here', () => {
    expect(blocks.map((lines) => lines.length)).toEqual([2, 1, 3, 3]);
    expect(start).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  });

  it('install, build and start it, without a warning', { timeout: SET_UP_MS }, async () => {
    const [installs = '', starts = ''] = (start[0] ?? '').split(' && ');
    const { stdout, stderr } = await run('bash', toShell(installs), { cwd: clone, env });
    expect(stdout + stderr).not.toMatch(/npm warn|deprecated/i);
    expect(existsSync(join(clone, 'dist/main.js'))).toBe(true);
    const line = await keepsRunning(starts);
    expect(line).toMatch(
      new RegExp(
        withPorts('^thrum-bridge .*: ollama-server on http://127\\.0\\.0\\.1:11434 \\| nest: embedded '),
      ),
    );
  });

  it('look around: the echo answers as is shown, and there is a page', { timeout: STEP_MS }, async () => {
    const answer = JSON.parse(await runs(look[0] ?? ''));
    const [, shown = ''] = /^```json\n(.*)\n```$/m.exec(readme) ?? [];
    const { message, model, done_reason } = JSON.parse(shown.replace(/, …}$/, '}'));
    expect(answer).toMatchObject({ message, model, done_reason });
    expect(await runs('curl -sf http://127.0.0.1:11434/ui')).toContain('<html');
    await endAll();
  });

  it('stand in front of hum', { timeout: STEP_MS }, async () => {
    const [doctor = '', starts = '', asks = ''] = hum;
    const place = {
      socketPath: join(home, 'run/hum/thrum.sock'),
      beesPath: join(home, 'state/hum/bees.json'),
    };
    const daemon = await startDaemon(place);
    try {
      await startEchoWorker({ socketPath: place.socketPath, models: ['claude-sonnet-4-6'] });
      expect(await runs(doctor)).toContain('ok      turn: ');
      expect(await keepsRunning(starts)).toContain(`nest: humd at ${place.socketPath}`);
      expect(JSON.parse(await runs(asks))).toMatchObject({
        choices: [{ message: { content: 'Why is the sky blue?' } }],
      });
    } finally {
      await endAll();
      await daemon.close();
    }
  });

  it('stand in front of another server', { timeout: STEP_MS }, async () => {
    const [server = '', starts = '', asks = ''] = upstream;
    // Not sooner: another program could take it meanwhile.
    ports = { ...ports, 11500: await freePort() };
    await keepsRunning(server);
    expect(await keepsRunning(starts)).toContain(withPorts('http://127.0.0.1:11500/v1 answers'));
    const lines = (await runs(asks)).trim().split('\n');
    const text = lines.map((line) => JSON.parse(line).message.content).join('');
    expect(text).toBe('Why is the sky blue?');
    await endAll();
  });

  it('of the table of commands are there', { timeout: STEP_MS }, async () => {
    const rows = [...readme.matchAll(/^\| `thrum-bridge (\w+)/gm)].map(([, name = '']) => name);
    expect(rows.length).toBeGreaterThan(6);
    const { stdout } = await run('bash', toShell('npm start -- --help'), { cwd: clone, env });
    for (const name of rows) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    const printed = [...readme.matchAll(/`npm start -- ([^`]+)`/g)].map(([, args = '']) => args);
    for (const args of printed) {
      const [command = ''] = args.split(' ');
      if (/^[-<]/.test(command)) continue;
      expect(rows).toContain(command);
    }
  });
});

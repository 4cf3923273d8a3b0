/** The built program as a process of its own, in front of the daemon of a run. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = 'dist/main.js';
const START_TIMEOUT_MS = 15_000;
const KIB = 1024;

export interface BridgeProcess {
  readonly url: string;
  readonly pid: number;
  /** Resident memory, in bytes; 0 once the process is gone. */
  rss(): number;
  /** Asks the process for its memory; only for one that was started with `tellsMemory`. */
  memory(mayCollect: boolean): Promise<{ readonly rss: number; readonly heapUsed: number }>;
  /** What it wrote on standard error so far. */
  log(): string;
  /** Undefined while it runs. */
  exitCode(): number | null | undefined;
  /** Tells it to drain and end; resolves with its exit code, null if it had to be killed. */
  stop(timeoutMs: number): Promise<number | null>;
}

export interface BridgeProcessOptions {
  /** Home and hum folders; humd's socket is `thrum.sock` and its roster `state/hum/bees.json` within it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Who answers; a humd where absent. */
  readonly nest?: readonly string[] | undefined;
  /** A script for Node's `--import`, with which the process tells its memory (tell-memory.mjs). */
  readonly tellsMemory?: string;
}

/** Resolves when the program says where it listens. Rejects when it ends before that, or takes too long. */
export async function startBridgeProcess(options: BridgeProcessOptions): Promise<BridgeProcess> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run npm run build first`);
  const { folder, env, nest = ['--nest', 'hum'], tellsMemory } = options;
  const flags = tellsMemory === undefined ? [] : ['--expose-gc', '--import', tellsMemory];
  const child = spawn(process.execPath, [...flags, PROGRAM, 'ollama-server', ...nest], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_RUNTIME_DIR: folder,
      HUM_THRUM_SOCK: join(folder, 'thrum.sock'),
      OLLAMA_SERVER_PORT: '0',
      LOG_LEVEL: 'error',
      ...env,
    },
  });
  let log = '';
  let exitCode: number | null | undefined;
  child.stderr?.on('data', (text) => {
    log += text;
  });
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      exitCode = code;
      resolve(code);
    }),
  );
  const url = await new Promise<string>((resolve, reject) => {
    let out = '';
    const timer = setTimeout(() => reject(new Error(`the program did not start: ${log}`)), START_TIMEOUT_MS);
    child.stdout?.on('data', (text) => {
      out += text;
      const found = /http:\/\/\S+/.exec(out)?.[0];
      if (found === undefined || !out.includes('\n')) return;
      clearTimeout(timer);
      resolve(found);
    });
    void ended.then((code) => reject(new Error(`the program ended with ${code}: ${log}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    rss: () => (exitCode === undefined && child.pid !== undefined ? residentBytes(child.pid) : 0),
    memory: (mayCollect) =>
      new Promise((resolve, reject) => {
        child.once('message', (told: { rss: number; heapUsed: number }) => resolve(told));
        void ended.then(() => reject(new Error('the program has ended')));
        child.send(mayCollect ? 'collect' : 'tell');
      }),
    log: () => log,
    exitCode: () => exitCode,
    async stop(timeoutMs) {
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      child.kill('SIGTERM');
      const code = await ended;
      clearTimeout(timer);
      return code;
    },
  };
}

/** As Linux tells it; 0 where it does not. */
function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * KIB;
  } catch {
    // Another system, or the process has just ended.
    return 0;
  }
}

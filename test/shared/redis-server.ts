/** A Redis of its own for a test: started on a Unix socket, and stopped, paused and started again as the test likes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { systemProgram } from '../system-program.js';
import { temporaryFolder } from '../temporary-folder.js';

/** The program that these tests need. */
export const redisServer = systemProgram('redis-server');

export interface RedisServer {
  /** For `REDIS_URL`. */
  readonly url: string;
  /** Kills it: all that it knew is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty, in the same place. */
  start(): Promise<void>;
  /** It hangs: connections stay open, and nothing is answered. */
  pause(): void;
  resume(): void;
}

/** Resolves when it answers. Gone when the test is over. */
export async function startRedis(...settings: readonly string[]): Promise<RedisServer> {
  const folder = temporaryFolder();
  const socketPath = join(folder, 'redis.sock');
  const args = [
    '--port',
    '0',
    '--unixsocket',
    socketPath,
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  let running: ChildProcess | undefined;
  const kill = async () => {
    const killed = running;
    running = undefined;
    if (killed === undefined || killed.exitCode !== null || killed.signalCode !== null) return;
    const ended = new Promise((resolve) => killed.once('exit', resolve));
    killed.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    redisServer.demand();
    running = spawn('redis-server', [...args, ...settings], { stdio: 'ignore' });
    await eventually(() => connects(socketPath));
  };
  onTestFinished(kill);
  await start();
  return {
    url: `unix://${socketPath}`,
    kill,
    start,
    pause: () => void running?.kill('SIGSTOP'),
    resume: () => void running?.kill('SIGCONT'),
  };
}

function connects(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

/** Runs the built development daemon, with its echo worker, as a process of its own: its work takes nobody else's time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';

const PROGRAM = 'dist/daemon/main.js';

export interface DaemonProcess {
  readonly socketPath: string;
  readonly beesPath: string;
}

/** Serves `models`; killed when the test is over. Like humd it drops the tones of a reader with 1,024 unread ones. */
export async function startDaemonProcess(models: readonly string[]): Promise<DaemonProcess> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run npm run build first`);
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  const args = ['--socket', place.socketPath, '--bees', place.beesPath, '--models', models.join(',')];
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return place;
}

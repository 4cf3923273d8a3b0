/** Goes into the program with Node's `--import`: profiles its CPU time, and writes that down when it ends. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** Names the folder. */
export const PROFILE_VARIABLE = 'BENCH_PROFILES';

const folder = process.env[PROFILE_VARIABLE];
if (folder !== undefined && isMainThread) {
  mkdirSync(folder, { recursive: true });
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.once('exit', () => {
    session.post('Profiler.stop', (_error, { profile }) => {
      writeFileSync(join(folder, `bridge-${process.pid}.cpuprofile`), JSON.stringify(profile));
    });
  });
}

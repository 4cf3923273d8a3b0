/** A connection costs what it must: V8's log of its inline caches tells. */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { runProgram, urlIn } from './run-program.js';

const CONNECTIONS = 300;
/** While V8 learns what sockets are given. */
const FIRST = 100;
/** Read from the options of a socket, once for each, and from nothing else. */
const OPTION = 'pauseOnCreate';

function connectAndAsk(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = get(`${url}/healthz`, { agent: false }, (answer) => {
      answer.resume().on('end', resolve);
    });
    asked.on('error', reject);
  });
}

it('V8 finds the options of each new socket in its inline caches', async () => {
  const log = join(temporaryFolder(), 'v8.log');
  const nodeArgs = ['--log-ic', `--logfile=${log}`, '--no-logfile-per-isolate'];
  const program = runProgram(['--nest', 'embedded'], { nodeArgs });
  const url = urlIn(await program.startLine());
  for (let connection = 0; connection < CONNECTIONS; connection++) await connectAndAsk(url);
  program.process.kill('SIGTERM');
  expect((await program.ended()).exitCode).toBe(0);
  const misses = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('LoadIC,') && line.includes(`,${OPTION},`));
  expect(misses.length).toBeLessThan(FIRST);
});

/**
 * How many of our own files one request enters: V8's coverage of the built program, taken before and after it. The numbers
 * are a budget: what a reader has to open to follow a request. One may be raised for a reason that stands beside it; unrelated
 * stories are not put into one file for it.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import { type Program, runProgram, urlIn } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';

const MODEL = 'claude-sonnet-4';
const PRELOAD = new URL('take-coverage.mjs', import.meta.url);

const ROUTES = [
  {
    path: '/api/chat',
    body: { model: MODEL, messages: [{ role: 'user', content: 'Why is the sky blue?' }] },
    budget: 70,
  },
  {
    path: '/v1/responses',
    body: { model: MODEL, input: 'Why is the sky blue?', stream: true },
    budget: 79,
  },
] as const;

const calledFunctions = z.array(z.object({ url: z.string(), isModule: z.boolean() }));

const build = mkdtempSync(join(tmpdir(), 'thrum-'));
const dist = join(build, 'dist');
beforeAll(compile, 60_000);
afterAll(() => rmSync(build, { recursive: true }));

describe('the files that a first request enters', () => {
  it.each(ROUTES)('are at most $budget for $path', async ({ path, body, budget }) => {
    const program = await startLinkedProgram();
    const url = urlIn(await program.startLine());
    await takeEnteredFiles(program);
    const answer = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('sky');
    const files = await takeEnteredFiles(program);
    expect(files.length, files.join('\n')).toBeLessThanOrEqual(budget);
  });
});

/** Each source to a file of its own, where the build joins them. */
function compile(): void {
  for (const name of ['package.json', 'node_modules', 'hives']) symlinkSync(resolve(name), join(build, name));
  const tsc = resolve('node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', dist]);
}

/** The program, linked to a daemon of this process: what humd does is not counted. */
async function startLinkedProgram(): Promise<Program> {
  const home = temporaryFolder();
  const socketPath = join(home, 'thrum.sock');
  const daemon = await startDaemon({ socketPath, beesPath: join(home, 'state/hum/bees.json') });
  onTestFinished(() => daemon.close());
  await startEchoWorker({ socketPath, models: [MODEL] });
  const env = { HUM_THRUM_SOCK: socketPath };
  return runProgram(['ollama-server'], { home, env, main: join(dist, 'program.js'), preload: PRELOAD });
}

/** The files in which a function was called since the last time, sorted. That a module was loaded does not count. */
async function takeEnteredFiles({ process }: Program): Promise<readonly string[]> {
  const message = once(process, 'message');
  process.send?.('take');
  const [called] = await message;
  const own = `${pathToFileURL(dist).href}/`;
  const files = calledFunctions
    .parse(called)
    .filter(({ url, isModule }) => url.startsWith(own) && !isModule)
    .map(({ url }) => url.slice(own.length).replace(/\.js$/, '.ts'));
  return [...new Set(files)].sort();
}

/** A wall clock that jumps, as that of a virtual machine does: no limit, wait or journal goes by it. */
import { readdirSync, readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ask } from './ask.js';

const DAY_MS = 86_400_000;
const YEARS_MS = 800 * DAY_MS;

/** The program, and how to set its clock. */
async function start(env: Readonly<Record<string, string>>, home = temporaryFolder()) {
  const preload = new URL('./move-clock.mjs', import.meta.url);
  const program = runProgram(['--nest', 'embedded'], { env, home, preload });
  const url = urlIn(await program.startLine());
  const move = (ms: number) =>
    new Promise<void>((resolve) => {
      program.process.once('message', () => resolve());
      program.process.send(ms);
    });
  return { url, move };
}

describe('a clock that jumps', () => {
  it('neither lifts a rate limit nor makes it last longer', async () => {
    const { url, move } = await start({ OLLAMA_SERVER_REQUESTS_PER_MINUTE: '1' });
    const asked = () => fetch(`${url}/v1/models`);
    expect((await asked()).status).toBe(200);
    for (const ms of [0, YEARS_MS, -YEARS_MS, 0]) {
      await move(ms);
      const { status, headers } = await asked();
      expect(status).toBe(429);
      const seconds = Number(headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(30);
      expect(seconds).toBeLessThanOrEqual(60);
      expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0s|\d\ds)$/);
    }
  });

  it('leaves models loaded for as long as they were to be', async () => {
    const { url, move } = await start({});
    await (await ask(url, 'hi', { model: 'echo', keep_alive: '10m' })).text();
    for (const ms of [YEARS_MS, -YEARS_MS]) {
      await move(ms);
      const { models } = Object(await (await fetch(`${url}/api/ps`)).json());
      expect(models).toHaveLength(1);
      const leftMs = Date.parse(models[0].expires_at) - (Date.now() + ms);
      expect(Math.round(leftMs / 60_000)).toBe(10);
    }
    await move(0);
    await (await ask(url, 'hi', { model: 'echo', keep_alive: 0 })).text();
    await move(-YEARS_MS);
    expect(Object(await (await fetch(`${url}/api/ps`)).json()).models).toEqual([]);
  });

  it('removes nothing of the journal but what is too much of it', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'state/hum/journal/ollama-server');
    mkdirSync(folder, { recursive: true });
    const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
    const earlier = [3, 2, 1].map((ago) => dayOf(Date.now() - ago * DAY_MS));
    for (const day of earlier) writeFileSync(join(folder, `${day}.ndjson`), '{}\n');
    const { url, move } = await start({ OLLAMA_SERVER_JOURNAL_DAYS: '5' }, home);
    const days = () => readdirSync(folder).map((name) => name.slice(0, 10));
    for (const ms of [YEARS_MS, -YEARS_MS]) {
      await move(ms);
      await (await ask(url, 'hi', { model: 'echo' })).text();
      await eventually(() => expect(days()).toContain(dayOf(Date.now() + ms)), 5_000);
      expect(days()).toEqual(expect.arrayContaining(earlier));
    }
  });
});

/** Each says what time it is to people or to other programs; none measures how long something takes, or may take. */
const TELL_THE_TIME = [
  'commands/status/ask-status.ts',
  'daemon/router.ts',
  'daemon/worker/worker-bee.ts',
  'http/clock.ts',
  'journal/day-files.ts',
  'journal/shared-usage.ts',
  'observe/recent-faults.ts',
  'observe/turn-observer.ts',
  'run/processes/primary.ts',
  'thrum/link/humd-socket.ts',
  'thrum/link/tone-codec.ts',
  'thrum/link/tone-tap.ts',
  'thrum/turn/read-tones.ts',
  'upstream/upstream-fault.ts',
];

it('the wall clock is read where the time of day is told, and nowhere else', () => {
  const readers = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && /Date\.now|new Date\(\)/.test(readFileSync(join('src', file), 'utf8')),
  );
  expect(readers.map((file) => file.replaceAll('\\', '/')).sort()).toEqual(TELL_THE_TIME);
});

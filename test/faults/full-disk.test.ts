/** A disk that is full for a while: turns go on, and what the journal gets afterwards can be read. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { systemProgram } from '../system-program.js';
import { ask } from './ask.js';

/** Limits how long a file of a process may get: past that a write is cut, and the next one fails, as on a full disk. */
const prlimit = systemProgram('prlimit');

describe.skipIf(prlimit.isSkipped)(`a full disk${prlimit.note}`, () => {
  it('costs lines of the journal, but no turn, and no line that is written when there is room again', async () => {
    prlimit.demand();
    const program = runProgram(['--nest', 'embedded']);
    const url = urlIn(await program.startLine());
    const limit = (bytes: string) =>
      execFileSync('prlimit', [`--pid=${program.process.pid}`, `--fsize=${bytes}:`]);
    const folder = join(program.home, 'state/hum/journal/ollama-server');
    const fileOf = () =>
      join(folder, readdirSync(folder).find((name) => name.endsWith('.ndjson')) ?? 'none yet');
    const turn = async (id: string) => {
      const response = await ask(url, `turn ${id}`, { model: 'echo' });
      expect(response.status).toBe(200);
      await response.text();
    };
    await turn('before');
    await eventually(() => expect(statSync(fileOf()).size).toBeGreaterThan(100), 5_000);
    const fullAt = statSync(fileOf()).size + 100;
    limit(String(fullAt));
    for (let at = 0; at < 5; at++) await turn('while it is full');
    await eventually(() => expect(statSync(fileOf()).size).toBe(fullAt), 5_000);
    limit('unlimited');
    await turn('after that');
    const usage = Object(await (await fetch(`${url}/v1/usage`)).json());
    const lines = readFileSync(fileOf(), 'utf8').trimEnd().split('\n');
    const isWhole = (line: string) => line.startsWith('{') && line.endsWith('}');
    expect(lines.filter((line) => !isWhole(line))).toHaveLength(1);
    expect(isWhole(lines.at(-1) ?? '')).toBe(true);
    expect(usage.data).toMatchObject([{ turns: lines.length - 1 }]);
    program.process.kill('SIGTERM');
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    const told = stderr.split('\n').filter((line) => line.includes('journal'));
    expect(told).toEqual([
      expect.stringMatching(/the journal cannot be written/),
      expect.stringMatching(/"lost":\d+.*the journal is written again/),
    ]);
  });
});

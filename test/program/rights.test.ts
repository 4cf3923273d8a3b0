import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../temporary-folder.js';
import { runProgram, urlIn } from './run-program.js';

const START_MS = 15_000;

function writeKeys(...lines: readonly string[]): string {
  const path = join(temporaryFolder(), 'keys');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const keyOf = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

describe('a file of keys with rights', () => {
  it(
    'holds in every process, and again after a reload',
    async () => {
      const path = writeKeys(
        '{"key": "k-guest", "name": "Guest", "cwd": "/nowhere/guest"}',
        '{"key": "k-root", "operator": true}',
      );
      const program = runProgram(['ollama-server', '--nest', 'embedded', '--workers', '2'], {
        env: { OLLAMA_SERVER_API_KEY: `@${path}`, OLLAMA_SERVER_CWD_ROOTS: '/nowhere/roots' },
      });
      let log = '';
      program.process.stderr?.on('data', (chunk) => {
        log += chunk;
      });
      const url = urlIn(await program.startLine());
      const statusFor = async (key: string) => {
        const answer = await fetch(`${url}/ui/api/status`, keyOf(key));
        await answer.text();
        return answer.status;
      };
      expect([await statusFor('k-guest'), await statusFor('k-root')]).toEqual([403, 200]);
      const chat = JSON.stringify({ model: 'echo', messages: [{ role: 'user', content: 'hello' }] });
      const asked = await fetch(`${url}/api/chat`, { method: 'POST', body: chat, ...keyOf('k-guest') });
      expect(asked.status).toBe(503);
      expect(log).toContain('cwd of the API key Guest: there is no folder /nowhere/guest');
      expect(log).toContain('cwdRoots: there is no folder /nowhere/roots');

      writeFileSync(path, '{"key": "k-guest", "operator": true}\nk-root\n');
      program.process.kill('SIGHUP');
      await eventually(async () => {
        expect([await statusFor('k-guest'), await statusFor('k-root')]).toEqual([200, 403]);
      });
      expect(log).not.toMatch(/k-guest|k-root/);
    },
    2 * START_MS,
  );

  it('with a line that is wrong ends the start, without a word of that line', async () => {
    const path = writeKeys('plain', '{"key": "s3cret", "workertools": "all"}');
    const env = { OLLAMA_SERVER_API_KEY: `@${path}` };
    const { exitCode, stdout, stderr } = await runProgram(['ollama-server', '--nest', 'embedded'], {
      env,
    }).ended();
    expect(exitCode).toBe(78);
    expect(stderr).toContain(
      `${path}, line 2 has a field that is none of key, name, workerTools, cwd, operator`,
    );
    expect(stdout + stderr).not.toContain('s3cret');
  });
});

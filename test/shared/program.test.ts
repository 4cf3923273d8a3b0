import { describe, expect, it } from 'vitest';
import { runProgram, urlIn } from '../program/run-program.js';
import { redisServer, startRedis } from './redis-server.js';

const args = ['--nest', 'embedded'];

describe('the program with REDIS_URL', () => {
  it('ends with a configuration error, before it takes a port, if that is no address', async () => {
    const ended = await runProgram(args, { env: { REDIS_URL: 'sesame' } }).ended();
    expect([ended.exitCode, ended.stdout]).toEqual([78, '']);
    expect(ended.stderr).toMatch(/^thrum-bridge: REDIS_URL must be redis:\/\//);
    expect(ended.stderr).not.toContain('sesame');
  });

  it('starts without a Redis there, and ends as it should', async () => {
    const program = runProgram(args, { env: { REDIS_URL: 'redis://127.0.0.1:1' } });
    expect((await fetch(`${urlIn(await program.startLine())}/readyz`)).status).toBe(200);
    program.process.kill('SIGTERM');
    const ended = await program.ended();
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr).toContain('Redis is gone');
  });

  it.skipIf(redisServer.isSkipped)(`shares what it keeps${redisServer.note}`, async () => {
    const REDIS_URL = (await startRedis()).url;
    const first = runProgram(args, { env: { REDIS_URL } });
    const made = await fetch(`${urlIn(await first.startLine())}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({ model: 'claude-sonnet-4', input: 'one' }),
    });
    const { id } = Object(await made.json());
    // The same home has the same key file: another replica of the hive.
    const second = runProgram(args, { env: { REDIS_URL }, home: first.home });
    const found = await fetch(`${urlIn(await second.startLine())}/v1/responses/${id}`);
    expect(found.status).toBe(200);
  });
});

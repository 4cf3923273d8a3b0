import { join } from 'node:path';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startClaudeBee } from '../claude-bee/claude-bee.js';
import { startDaemon } from '../../src/daemon/daemon.js';
import { eventually } from '../eventually.js';
import { runProgram, urlIn } from './run-program.js';

const MOVE_MS = 15_000;

async function startHumdIn(home: string) {
  const socketPath = join(home, 'run/hum/thrum.sock');
  const daemon = await startDaemon({ socketPath, beesPath: join(home, 'state/hum/bees.json') });
  onTestFinished(() => daemon.close());
  const bee = await startClaudeBee({ socketPath });
  onTestFinished(() => bee.close());
  return { daemon, bee, socketPath };
}

const linkTarget = async (url: string) => Object(await (await fetch(`${url}/ui/api/status`)).json()).link.to;

/** By the npm client `openai`, on a connection of its own: one process of several answers it. */
const ask = async (url: string) => {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
  const body = { model: 'sonnet', messages: [{ role: 'user' as const, content: 'hi' }] };
  const { choices } = await openai.chat.completions.create(body, { headers: { connection: 'close' } });
  return choices[0]?.message.content;
};

describe('--nest auto where humd comes after the start', () => {
  it.each([[[]], [['--workers', '2']]])('moves to it and says so: %j', async (args) => {
    const program = runProgram(args);
    const url = urlIn(await program.startLine());
    expect(await ask(url)).toBe('hi');
    const { bee, socketPath } = await startHumdIn(program.home);
    await eventually(async () => expect(await linkTarget(url)).toBe('humd'), MOVE_MS);
    expect(await ask(url)).toContain('claude-sonnet-4-6');
    expect(bee.prompts).toMatchObject([{ modelId: 'claude-sonnet-4-6' }]);
    program.process.kill('SIGTERM');
    const { exitCode, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    expect(stderr).toContain('a humd is there now: new turns go to it, and no longer to the echo');
    expect(stderr).toContain(socketPath);
  });

  it('says nothing of a humd that is not there yet', async () => {
    const program = runProgram([]);
    await program.startLine();
    program.process.kill('SIGTERM');
    const { stderr } = await program.ended();
    expect(stderr.split('\n').filter((line) => /"level":(?:[45]0)/.test(line))).toEqual([]);
  });
});

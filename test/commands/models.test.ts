import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInTerminal, terminal } from '../program/run-in-terminal.js';
import { runProgram } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';
import { startHumd } from './humd.js';

const WORKERS = [
  { models: ['claude-sonnet-4', 'local-model'], hive: 'claude-cli', statefulness: 'stateful_session' },
  { models: ['claude-sonnet-4'], hive: 'claude-cli', statefulness: 'stateful_session' },
  { models: ['claude-sonnet-4'], hive: 'echo' },
] as const;

const CONFIG = { models: [{ name: 'claude-sonnet-4', alias: 'gpt-4o' }, 'claude-opus-4.7'] };

async function startConfigured() {
  const humd = await startHumd(WORKERS);
  mkdirSync(join(humd.home, 'config/hum/hives'), { recursive: true });
  writeFileSync(join(humd.home, 'config/hum/hives/ollama-server.json'), JSON.stringify(CONFIG));
  return humd;
}

describe('models', () => {
  it('says of each model who serves it, where its name is from, and what it is an alias of', async () => {
    const { home } = await startConfigured();
    const { exitCode, stdout, stderr } = await runProgram(['models'], { home }).ended();
    expect(stdout.split('\n')).toEqual([
      'MODEL            WORKERS               STATEFULNESS                          SOURCE      ALIAS OF',
      'claude-sonnet-4  2 claude-cli, 1 echo  stateful_session, stateless_per_call  config',
      'echo             2 claude-cli, 1 echo  stateful_session, stateless_per_call  mesh',
      'local-model      1 claude-cli          stateful_session                      mesh',
      'gpt-4o           2 claude-cli, 1 echo  stateful_session, stateless_per_call  alias       claude-sonnet-4',
      'claude-opus-4.7  nobody                -                                     config',
      'sonnet           2 claude-cli, 1 echo  stateful_session, stateless_per_call  short name  claude-sonnet-4',
      'opus             nobody                -                                     short name  claude-opus-4.7',
      '',
    ]);
    expect(stderr).toBe(
      'nobody serves claude-opus-4.7, opus now: start a worker that does, or take another model\n',
    );
    expect(exitCode).toBe(0);
  });

  it('says the same as JSON', async () => {
    const { home, socketPath } = await startConfigured();
    const { stdout } = await runProgram(['models', '--json'], { home }).ended();
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ hive: 'ollama-server', humdAnswers: true, socket: socketPath });
    expect(found.models[4]).toEqual({
      id: 'claude-opus-4.7',
      target: 'claude-opus-4.7',
      listed: true,
      source: 'config',
      workers: [],
      service: 'none',
    });
    expect(found.models.slice(2, 4)).toEqual([
      {
        id: 'local-model',
        target: 'local-model',
        listed: true,
        source: 'mesh',
        workers: [{ name: 'claude-cli', statefulness: 'stateful_session' }],
        service: 'live',
      },
      expect.objectContaining({ id: 'gpt-4o', target: 'claude-sonnet-4', source: 'alias' }),
    ]);
  });

  it('says which models only a worker lists that never answers', async () => {
    const { home } = await startHumd([
      { models: ['claude-opus-4-7', 'claude-haiku-4-5'], hive: 'claude-repl' },
      { models: ['claude-haiku-4-5'], hive: 'claude-cli' },
    ]);
    const { stdout, stderr } = await runProgram(['models'], { home }).ended();
    expect(stdout).toMatch(/^claude-haiku-4-5 +1 claude-cli, 1 claude-repl +/m);
    expect(stdout).toMatch(/^claude-opus-4-7 +1 claude-repl \(never answers\) +/m);
    expect(stderr).toMatch(/^only a worker that never answers lists opus, claude-opus-4-7: start/m);
  });

  it('knows of nobody without humd, and says so', async () => {
    const { exitCode, stdout, stderr } = await runProgram(['models', '--hive', 'openai-server']).ended();
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^claude-opus-4-7 +unknown +- +config$/m)]);
    expect(stderr).toMatch(/^no humd answers at .*thrum\.sock, so nobody knows who serves what: start it/);
    expect(stdout).toMatch(/^echo +1 echo, in the bridge +stateless_per_call +mesh$/m);
    expect(stderr).toContain('answers all of them with an echo, until a humd is there');
  });

  it('says of a roster that nobody keeps any more that it is an old one', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'state/hum'), { recursive: true });
    const bees = { one: { name: 'claude\u001b[2J-cli', bee: ['worker'], models: ['claude-opus-4-7'] } };
    writeFileSync(join(home, 'state/hum/bees.json'), JSON.stringify(bees));
    const { stdout, stderr } = await runProgram(['models'], { home }).ended();
    expect(stdout).toMatch(/^claude-opus-4-7 +1 claude \[2J-cli +not said +config$/m);
    expect(stderr).toContain('the workers are those that it left in ');
  });

  it.skipIf(terminal.isSkipped)(
    `cuts its lines where the terminal ends, and has colours there${terminal.note}`,
    async () => {
      const { home } = await startConfigured();
      const { exitCode, shown } = await runInTerminal(['models'], { home, columns: 40 }).ended();
      expect(exitCode).toBe(0);
      expect(shown).toContain('claude-sonnet-4  2 claude-cli, 1 echo  …\r\n');
      expect(shown).toContain('claude-opus-4.7  \u001b[33mnobody\u001b[39m');
    },
  );
});

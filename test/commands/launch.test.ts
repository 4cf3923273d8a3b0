/** Coding agents that are started with everything set, and what is said where that cannot be. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/run/command-line/parse-command-line.js';
import { toAgentSettings } from '../../src/commands/launch/agent-settings.js';
import { startWorld } from '../front-door/world.js';
import { runProgram } from '../program/run-program.js';
import { temporaryFolder } from '../temporary-folder.js';

const MODEL = 'claude-sonnet-4';

/** A folder with an agent of this name, which writes what it was given as JSON, and ends with the code that its last argument is. */
function agentFolder(name: string): string {
  const folder = temporaryFolder();
  const path = join(folder, name);
  writeFileSync(
    path,
    `#!${process.execPath}
const [, , ...args] = process.argv;
const { PATH, ...env } = process.env;
console.log(JSON.stringify({ args, env }));
process.exitCode = Number(args.at(-1)) || 0;
`,
  );
  chmodSync(path, 0o755);
  return folder;
}

interface Given {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function readGiven(stdout: string): Given {
  const given: Given = JSON.parse(stdout);
  return given;
}

/** Runs the program with an agent on its PATH. */
async function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const agent = args[0] ?? '';
  const PATH = `${agentFolder(agent)}:${process.env['PATH'] ?? ''}`;
  return runProgram(['launch', ...args], { env: { PATH, ...env } }).ended();
}

/** What Anthropic's SDK and Claude Code send by these variables. */
function askAsClaude({ env }: Given, body: object): Promise<Response> {
  const own = (env['ANTHROPIC_CUSTOM_HEADERS'] ?? '').split('\n').map((line) => line.split(': '));
  return fetch(`${env['ANTHROPIC_BASE_URL']}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${env['ANTHROPIC_AUTH_TOKEN']}`, ...Object.fromEntries(own) },
    body: JSON.stringify({ model: env['ANTHROPIC_MODEL'], max_tokens: 50, ...body }),
  });
}

describe('launch claude', () => {
  it('starts it with base URL, key, model and session, and ends as it does', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'secret' } });
    const options = ['--url', world.url, '--key', 'secret', '--session', 'work'];
    const { exitCode, stdout, stderr } = await launch(['claude', ...options, '--', '-p', '--resume', '7']);
    expect([exitCode, stderr]).toEqual([7, '']);
    const given = readGiven(stdout);
    expect(given.args).toEqual(['-p', '--resume', '7']);
    expect(given.env).toMatchObject({
      ANTHROPIC_BASE_URL: world.url,
      ANTHROPIC_AUTH_TOKEN: 'secret',
      ANTHROPIC_API_KEY: '',
      ANTHROPIC_MODEL: MODEL,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: expect.any(String),
      ANTHROPIC_CUSTOM_HEADERS: 'x-hum-session: work',
      CLAUDE_CODE_AUTO_COMPACT_WINDOW: '200000',
    });
    const answer = await askAsClaude(given, { messages: [{ role: 'user', content: 'hi' }] });
    expect([answer.status, await answer.json()]).toMatchObject([200, { type: 'message', model: MODEL }]);
  });

  it('keeps the headers that the user has set, and gives each start a session of its own', async () => {
    const world = await startWorld();
    const env = { ANTHROPIC_CUSTOM_HEADERS: 'x-team: red\nX-Hum-Session: old' };
    const sessions: string[] = [];
    for (let round = 0; round < 2; round++) {
      const { stdout } = await launch(['claude', '--url', world.url], env);
      const headers = readGiven(stdout).env['ANTHROPIC_CUSTOM_HEADERS'] ?? '';
      expect(headers).toMatch(/^x-team: red\nx-hum-session: launch-[\da-f-]{36}$/);
      sessions.push(headers);
    }
    expect(new Set(sessions).size).toBe(2);
  });

  it('takes the key that the hive is configured with, one that is no operator’s, for its own address only', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'boss,mine' } });
    const home = temporaryFolder();
    const keys = join(home, 'keys');
    writeFileSync(keys, '{"key":"boss","operator":true}\n{"key":"mine","operator":false}\n');
    const env = { OLLAMA_SERVER_API_KEY: `@${keys}`, OLLAMA_SERVER_PORT: new URL(world.url).port };
    const { stdout } = await launch(['claude'], env);
    expect(readGiven(stdout).env).toMatchObject({
      ANTHROPIC_AUTH_TOKEN: 'mine',
      ANTHROPIC_BASE_URL: world.url,
    });
    const other = await startWorld();
    const elsewhere = await launch(['claude', '--url', other.url], env);
    expect(readGiven(elsewhere.stdout).env).toMatchObject({ ANTHROPIC_AUTH_TOKEN: 'any' });
  });

  it('gives its three sizes the models of these names, and the chosen one where there is none', () => {
    const base = new URL('http://127.0.0.1:11434/');
    const model = { id: 'gpt-oss:120b', contextLength: undefined };
    const models = [model, { id: 'claude-haiku-4-5', contextLength: 200_000 }];
    const { env } = toAgentSettings('claude', { base, key: undefined, model, models, session: 's' }, {});
    expect(env).toEqual({
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:11434',
      ANTHROPIC_AUTH_TOKEN: 'any',
      ANTHROPIC_API_KEY: '',
      ANTHROPIC_MODEL: 'gpt-oss:120b',
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'gpt-oss:120b',
      ANTHROPIC_DEFAULT_SONNET_MODEL: 'gpt-oss:120b',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'claude-haiku-4-5',
      ANTHROPIC_CUSTOM_HEADERS: 'x-hum-session: s',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
    });
  });
});

describe('launch codex', () => {
  it('starts it with a provider of its own, and touches none of its files', async () => {
    const world = await startWorld();
    const options = ['--url', `${world.url}/`, '--model', MODEL, '--session', 'work'];
    const { exitCode, stdout } = await launch(['codex', ...options, '--', 'exec', 'hi']);
    expect(exitCode).toBe(0);
    const { args, env } = readGiven(stdout);
    expect(args).toEqual([
      '-c',
      'model_provider="hum"',
      '-c',
      `model_providers.hum={name="hum",base_url="${world.url}/v1",env_key="HUM_API_KEY",wire_api="responses",http_headers={"x-hum-session"="work"}}`,
      '-c',
      'model_context_window=200000',
      '-m',
      MODEL,
      'exec',
      'hi',
    ]);
    expect(env).toMatchObject({ HUM_API_KEY: 'any' });
  });
});

describe.each(['claude', 'codex'])('launch %s --print', (agent) => {
  it('shows lines that do the same in a shell, and starts nothing', async () => {
    const world = await startWorld();
    const args = [agent, '--url', world.url, '--session', 'work', '--print', '--', "it's 5"];
    const shown = await launch(args);
    expect([shown.exitCode, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(new RegExp(`^${agent}( '.*')+$`, 'm'));
    const PATH = `${agentFolder(agent)}:${process.env['PATH'] ?? ''}`;
    const byHand = readGiven(execFileSync('sh', ['-c', shown.stdout], { env: { PATH }, encoding: 'utf8' }));
    const started = await launch(args.filter((arg) => arg !== '--print'));
    const given = readGiven(started.stdout);
    expect(byHand.args).toEqual(given.args);
    expect(given.env).toMatchObject(
      Object.fromEntries(
        Object.entries(byHand.env).filter(([name]) => /^(ANTHROPIC|CLAUDE|HUM)_/.test(name)),
      ),
    );
  });
});

describe('launch', () => {
  it.each([
    [['claude'], { agent: 'claude', args: [], hive: 'ollama-server', print: false }],
    [['codex', '--model', 'm', '--print'], { agent: 'codex', model: 'm', print: true }],
    [['claude', '--', '--print', '-p', 'x'], { agent: 'claude', args: ['--print', '-p', 'x'], print: false }],
    [['claude', '--hive', 'anthropic-server'], { hive: 'anthropic-server' }],
  ])('reads %j', (args, invocation) => {
    const known = ['ollama-server', 'anthropic-server'];
    expect(parseCommandLine(['launch', ...args], '1.2.3', known)).toMatchObject({
      command: 'launch',
      ...invocation,
    });
  });

  it('says how to install an agent that is not there', async () => {
    const world = await startWorld();
    const PATH = join(temporaryFolder(), 'bin');
    mkdirSync(PATH);
    const run = runProgram(['launch', 'codex', '--url', world.url], { env: { PATH } });
    expect(await run.ended()).toMatchObject({
      exitCode: 127,
      stderr: 'thrum-bridge: there is no codex on your PATH: npm install -g @openai/codex\n',
    });
  });

  it('says what to do where no bridge answers, or one that wants a key', async () => {
    const nowhere = await launch(['claude', '--url', 'http://127.0.0.1:9']);
    expect(nowhere).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr:
        'thrum-bridge: no bridge answers at http://127.0.0.1:9: start one with thrum-bridge ollama-server, or name it with --url\n',
    });
    const { url } = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'secret' } });
    const keyless = await launch(['claude', '--url', url]);
    expect(keyless).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('give it with --key') });
  });

  it.each(['a b', 'a"b', "a'b", 'a\nb', ''])('refuses the session %j', async (session) => {
    const { exitCode, stderr } = await launch(['claude', '--session', session]);
    expect([exitCode, stderr]).toEqual([78, expect.stringContaining('--session must be a name')]);
  });
});

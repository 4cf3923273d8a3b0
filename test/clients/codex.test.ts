/** Codex itself, as it comes from npm: its sessions with tools, over HTTP and over a WebSocket, compacted and interrupted. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { script, startWorld, type World } from '../front-door/world.js';
import { temporaryFolder } from '../temporary-folder.js';

/** It is large, and so installed apart: `npm run codex`. */
const FOLDER = 'test/clients/codex/node_modules/@openai';
const program = findProgram();
const note = program === undefined ? ' (not installed: npm run codex)' : '';

/** A name that Codex knows: it offers its search for tools, and compacts by a trigger. The bridge has it mean its default model. */
const MODEL = 'gpt-5.5';
const TIMEOUT_MS = 60_000;
const TRANSPORTS = ['HTTP', 'a WebSocket'] as const;
type Transport = (typeof TRANSPORTS)[number];

function findProgram(): string | undefined {
  const vendor = join(FOLDER, `codex-${process.platform}-${process.arch}`, 'vendor');
  if (!existsSync(vendor)) return undefined;
  const found = readdirSync(vendor).map((target) => resolve(vendor, target, 'bin', 'codex'));
  return found.find((path) => existsSync(path));
}

interface Options {
  readonly transport: Transport;
  /** More lines of its configuration, in front of the first table. */
  readonly settings?: readonly string[];
  readonly tables?: readonly string[];
}

/** A bridge in front of a daemon that routes results, and a Codex that is configured for it. */
async function start({ transport, settings = [], tables = [] }: Options) {
  const world = await startWorld({
    config: { defaultModel: 'claude-sonnet-4', webSockets: transport === 'a WebSocket' },
    daemon: { routeUndeclaredToolResults: true },
  });
  const home = temporaryFolder();
  const config = [
    `model = "${MODEL}"`,
    `openai_base_url = "${world.url}/v1"`,
    // Without these it looks for plugins and updates elsewhere, which would be all that its tests wait for.
    'check_for_update_on_startup = false',
    'web_search = "disabled"',
    ...settings,
    '[analytics]',
    'enabled = false',
    '[features]',
    'plugins = false',
    ...tables,
  ];
  writeFileSync(join(home, 'config.toml'), config.join('\n'));
  writeFileSync(join(home, 'auth.json'), JSON.stringify({ OPENAI_API_KEY: 'any' }));
  const cwd = temporaryFolder();
  return { world, codex: (...args: readonly string[]) => run({ home, cwd }, args) };
}

const line = z.looseObject({ type: z.string(), item: z.looseObject({ type: z.string() }).optional() });

/** Codex with these arguments behind `exec`, until it has ended by itself. */
function run({ home, cwd }: { readonly home: string; readonly cwd: string }, args: readonly string[]) {
  const options = ['--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];
  const [first = '', ...rest] = args;
  const command = first === 'resume' ? ['exec', 'resume', ...options, ...rest] : ['exec', ...options, first];
  const child = spawn(program ?? '', command, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home, RUST_LOG: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = new Promise<{ readonly code: number | null; readonly errors: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, errors }));
  });
  const events = () =>
    output
      .split('\n')
      .slice(0, -1)
      .map((text) => line.parse(JSON.parse(text)));
  const texts = () =>
    events().flatMap(({ type, item }) =>
      type === 'item.completed' && item?.type === 'agent_message' ? [String(item['text'])] : [],
    );
  return { child, ended, events, texts };
}

const prompts = (world: World) => world.sentOf('prompt').map((tone) => String(tone['content']));
const shell = (cmd: string) => ({ name: 'exec_command', args: { cmd } });

describe.skipIf(program === undefined).each(TRANSPORTS)(`Codex over %s${note}`, (transport) => {
  it('runs commands until there is an answer, and goes on with its session', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { world, codex } = await start({ transport });
    const steps = {
      reason: ['Hm.'],
      say: ['Looking.'],
      tools: [shell('echo one')],
      rounds: [{ tools: [shell('echo two')], then: ['Done.'] }],
    };
    const first = codex(script(steps));
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(first.texts()).toEqual(['Looking.', 'Done.']);
    const items = first
      .events()
      .flatMap(({ type, item }) => (type === 'item.completed' && item ? [item] : []));
    expect(items.filter(({ type }) => type === 'reasoning')).toMatchObject([{ text: 'Hm.' }]);
    expect(items.filter(({ type }) => type === 'command_execution')).toMatchObject([
      { aggregated_output: 'one\n', exit_code: 0 },
      { aggregated_output: 'two\n', exit_code: 0 },
    ]);
    expect(first.events().at(-1)).toMatchObject({ type: 'turn.completed' });
    expect(world.sentOf('tool-result')).toHaveLength(2);
    const second = codex('resume', '--last', 'And in short?');
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(second.texts()).toEqual(['And in short?']);
    expect(prompts(world).at(-1)).toContain('Done.');
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });

  it('compacts a session that has grown too long, and goes on from the summary', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { world, codex } = await start({ transport, settings: ['model_auto_compact_token_limit = 20000'] });
    const usage = { input_tokens: 90_000, output_tokens: 10 };
    const first = codex(script({ say: ['The secret word is lighthouse.'], usage }));
    expect(await first.ended).toMatchObject({ code: 0 });
    const second = codex('resume', '--last', 'Go on.');
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(second.texts()).toEqual(['Go on.']);
    const [asked, summarised, next] = prompts(world);
    expect(asked).toContain('@script');
    expect(summarised).toContain('lighthouse');
    expect(summarised).toMatch(/Summarise this conversation[\s\S]*$/);
    expect(next).toContain('This is a summary of what came before');
    expect(next).not.toContain('lighthouse.\n</turn>');
  });

  it('looks for the tools of its MCP servers, and calls them', { timeout: TIMEOUT_MS }, async () => {
    const server = join(temporaryFolder(), 'server.mjs');
    writeFileSync(server, MCP_SERVER);
    const { world, codex } = await start({
      transport,
      tables: [
        '[mcp_servers.orders]',
        `command = ${JSON.stringify(process.execPath)}`,
        `args = [${JSON.stringify(server)}]`,
      ],
    });
    const call = { name: 'mcp__orders__look_up', args: { id: '7' } };
    const found = codex(script({ tools: [{ name: 'tool_search', args: { query: 'look up an order' } }] }));
    expect(await found.ended).toMatchObject({ code: 0 });
    const tools = world.sentOf('prompt').map(({ tools }) => JSON.stringify(tools));
    expect(tools[0]).toContain('"tool_search"');
    expect(tools[0]).not.toContain('look_up');
    expect(tools[1]).toContain('look_up');
    const called = codex('resume', '--last', script({ tools: [call], then: ['Found.'] }));
    expect(await called.ended).toMatchObject({ code: 0 });
    expect(called.texts()).toEqual(['Found.']);
    expect(JSON.stringify(called.events())).toContain('order 7');
  });

  it('that is interrupted stops its worker', { timeout: TIMEOUT_MS }, async () => {
    const { world, codex } = await start({ transport });
    const { child, ended } = codex(script({ n: 10_000, ms: 5 }));
    await eventually(() => expect(world.bridge.nest.runningTurns).toBe(1), 30_000);
    child.kill('SIGINT');
    await ended;
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });

  it('is told what went wrong', { timeout: TIMEOUT_MS }, async () => {
    const { codex } = await start({ transport });
    const error = { message: 'the prompt is too long', kind: 'context-too-long' };
    const failed = codex(script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error }));
    expect(await failed.ended).toMatchObject({ code: 1 });
    expect(JSON.stringify(failed.events().at(-1))).toContain('context window');
    expect(failed.events().map(({ type }) => type)).toContain('turn.failed');
  });
});

/** An MCP server with one tool, on its standard input and output. */
const MCP_SERVER = `
import { createInterface } from 'node:readline';
const inputSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
const results = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'orders', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: [{ name: 'look_up', description: 'Looks up an order', inputSchema }] }),
  'tools/call': ({ arguments: { id } }) => ({ content: [{ type: 'text', text: 'order ' + id }] }),
};
for await (const text of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(text);
  if (id === undefined) continue;
  const answer = results[method];
  const rest = answer ? { result: answer(params ?? {}) } : { error: { code: -32601, message: 'no such method' } };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, ...rest }));
}
`;

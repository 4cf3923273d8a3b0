/**
 * A coding agent reads ten files of 7 KB each with a model of 20,000 tokens: it compacts its conversation behind the bridge where it does
 * so in front of the server itself. Skipped by name where the agent is not installed (`npm run agents`).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { claude } from '../../claude-bee/script.js';
import { type ClaudeWorld, startClaudeWorld } from '../../claude-bee/world.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { type ChatAnswer, type FakeUpstream, startFakeUpstream } from '../../upstream/fake-upstream.js';
import { startUpstreamWorld } from '../../upstream/upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

const OPENCODE = join(import.meta.dirname, 'node_modules/.bin/opencode');
const isInstalled = existsSync(OPENCODE);
const note = isInstalled ? '' : ' (not installed: npm run agents)';

const FILES = 10;
const FILE_BYTES = 7_000;
const CONTEXT = 20_000;
/** It compacts where less than this is left: between the eighth file and the ninth, as far from both as can be. */
const OUTPUT = 5_064;
const COMPACTS_AFTER = 8;
/** How opencode begins what it has a conversation summarised by. */
const SUMMARISE = 'Here is the conversation so far';
const TIMEOUT_MS = 600_000;

interface Agent {
  readonly work: string;
  /** Runs it to its end. */
  run(url: string, model: string, prompt: string): Promise<void>;
}

/** opencode with a home of its own, ten files to read, and no other tool than that. */
function createAgent(): Agent {
  const folder = temporaryFolder();
  const work = join(folder, 'work');
  mkdirSync(work);
  const line =
    'a line of a file that says nothing of interest, and goes on doing so to its end at the right.\n';
  for (let file = 1; file <= FILES; file++)
    writeFileSync(join(work, `f${file}.txt`), line.repeat(FILE_BYTES / line.length + 1).slice(0, FILE_BYTES));
  const env = { HOME: folder, PATH: process.env['PATH'], OPENCODE_DISABLE_MODELS_FETCH: '1' };
  return {
    work,
    run(url, model, prompt) {
      const limit = { context: CONTEXT, output: OUTPUT };
      const provider = {
        npm: '@ai-sdk/openai-compatible',
        options: { baseURL: `${url}/v1`, apiKey: 'any' },
        models: { [model]: { tool_call: true, limit } },
      };
      const config = {
        ...{ autoupdate: false, share: 'disabled', snapshot: false, provider: { hum: provider } },
        ...{ model: `hum/${model}`, small_model: `hum/${model}` },
        agent: { build: { prompt: 'You read files.', tools: { '*': false, read: true } } },
      };
      writeFileSync(join(work, 'opencode.json'), JSON.stringify(config));
      return new Promise((resolve, reject) => {
        const child = spawn(OPENCODE, ['run'], { cwd: work, env, stdio: ['pipe', 'pipe', 'pipe'] });
        // Quotes in an argument would be escaped.
        child.stdin.end(prompt);
        const output: Buffer[] = [];
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (piece: Buffer) => output.push(piece));
        child.on('error', reject);
        child.on('close', (code) =>
          code === 0 ? resolve() : reject(new Error(`opencode left with ${code}: ${Buffer.concat(output)}`)),
        );
      });
    },
  };
}

/** A model that reads one file after the other; it counts four characters as a token. */
class FileReader {
  read = 0;
  /** How many files it had been given when the agent asked for a summary first. */
  compactedAfter: number | undefined;
  readonly #work: string;

  constructor(work: string) {
    this.#work = work;
  }

  play(upstream: FakeUpstream): void {
    upstream.onChat = (answer) => this.#answer(answer);
  }

  #answer(answer: ChatAnswer): void {
    const { messages, tools = [] }: Json = answer.request.body ?? {};
    const text = JSON.stringify(messages);
    const usage = {
      prompt_tokens: Math.ceil((text.length + JSON.stringify(tools).length) / 4),
      completion_tokens: 20,
    };
    const hasTools = Array.isArray(tools) && tools.length > 0;
    // The file that it asked for last was read, and not given to it.
    if (!hasTools && text.includes(SUMMARISE)) this.compactedAfter ??= this.read - 1;
    if (!hasTools || this.read >= FILES || this.compactedAfter !== undefined) {
      answer.delta({ content: 'All of it is read.' }).finish('stop', usage);
      return;
    }
    const path = join(this.#work, `f${++this.read}.txt`);
    const called = { name: 'read', arguments: JSON.stringify({ filePath: path }) };
    answer.delta({ tool_calls: [{ index: 0, id: `call_${this.read}`, type: 'function', function: called }] });
    answer.finish('tool_calls', usage);
  }
}

const PROMPT = `Read the files f1.txt to f${FILES}.txt, one after the other.`;

it.skipIf(!isInstalled)(
  `opencode compacts behind an upstream where it does in front of the server itself${note}`,
  async () => {
    const agent = createAgent();
    const server = await startFakeUpstream();
    const direct = new FileReader(agent.work);
    direct.play(server);
    await agent.run(server.base.replace(/\/v1$/, ''), 'llama3', PROMPT);
    expect(direct.compactedAfter).toBe(COMPACTS_AFTER);

    const world = await startUpstreamWorld();
    const behind = new FileReader(agent.work);
    behind.play(world.upstream);
    await agent.run(world.url, 'llama3', PROMPT);
    expect(behind.compactedAfter).toBe(direct.compactedAfter);
  },
  TIMEOUT_MS,
);

it.skipIf(!isInstalled)(
  `opencode compacts behind hum’s worker for Claude Code where it does in front of a server${note}`,
  async () => {
    const agent = createAgent();
    const world = await startClaudeWorld({ hid: `fbee_${'a1'.repeat(32)}` });
    const model = 'claude-sonnet-4-6';
    await agent.run(world.url, model, claude({ text: 'hello' }));
    const name = nameOfRead(world);
    const steps = Array.from({ length: FILES }, (_, index) => ({
      tool: { name, input: { filePath: join(agent.work, `f${index + 1}.txt`) } },
    }));
    const before = world.sent.length;
    await agent.run(world.url, model, claude(...steps, { text: 'All of it is read.' }));
    const sent = world.sent.slice(before);
    const summary = sent.findIndex(
      ({ chi, content }) => chi === 'prompt' && String(content).includes(SUMMARISE),
    );
    const read = sent.slice(0, summary).filter(({ chi }) => chi === 'tool-result');
    expect(read).toHaveLength(COMPACTS_AFTER);
  },
  TIMEOUT_MS,
);

/** What the agent's only tool is called on the mesh. */
function nameOfRead({ hellos }: ClaudeWorld): string {
  const tools = hellos.flatMap(({ tools: declared }) => (Array.isArray(declared) ? declared : []));
  const tool: unknown = tools.at(-1);
  if (typeof tool !== 'object' || tool === null || !('name' in tool))
    throw new Error(`it was declared: ${JSON.stringify(hellos)}`);
  return String(tool.name);
}

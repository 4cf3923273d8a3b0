import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import type { TurnRequest } from '../../src/core/request.js';
import type { HiveConfig } from '../../src/hive/config-keys.js';
import { loadConfig } from '../../src/hive/config.js';
import { readApiKeys } from '../../src/run/read-api-keys.js';
import { type ClaudeWorld, startClaudeWorld } from '../claude-bee/world.js';
import { CLAUDE_TOOLS } from '../../src/thrum/tools/claude-tools.js';
import { defuse } from '../../src/core/defuse.js';
import { eventually } from '../eventually.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

type Json = Readonly<Record<string, unknown>>;

const model = 'claude-sonnet-4-6';
const messages = [{ role: 'user', content: 'hello' }];
const parameters = { type: 'object', properties: {} };
const asFunction = { type: 'function', function: { name: 'look', parameters } };

interface SurfaceCase {
  readonly path: string;
  readonly body: Json;
  /** Fields that bring a tool. */
  readonly tools?: Json;
  /** Fields that bring a tool which is not to be called. */
  readonly toolsUnused?: Json;
  /** What an error's body holds for its message. */
  error(message: string): Json;
}

const openAIError = (message: string) => ({ error: { message: expect.stringContaining(message) } });

const CASES: readonly SurfaceCase[] = [
  {
    path: '/api/chat',
    body: { model, messages, stream: false },
    tools: { tools: [asFunction] },
    toolsUnused: { tools: [{ type: 'function', function: {} }] },
    error: (message) => ({ error: expect.stringContaining(message) }),
  },
  {
    path: '/api/generate',
    body: { model, prompt: 'hello', stream: false },
    error: (message) => ({ error: expect.stringContaining(message) }),
  },
  {
    path: '/v1/chat/completions',
    body: { model, messages },
    tools: { tools: [asFunction] },
    toolsUnused: { tools: [asFunction], tool_choice: 'none' },
    error: openAIError,
  },
  { path: '/v1/completions', body: { model, prompt: 'hello' }, error: openAIError },
  {
    path: '/v1/responses',
    body: { model, input: 'hello', store: false },
    tools: { tools: [{ type: 'function', name: 'look', parameters }] },
    toolsUnused: { tools: [{ type: 'web_search' }] },
    error: openAIError,
  },
  {
    path: '/v1/messages',
    body: { model, messages, max_tokens: 99 },
    tools: { tools: [{ name: 'look', input_schema: parameters }] },
    toolsUnused: { tools: [{ name: 'look', input_schema: parameters }], tool_choice: { type: 'none' } },
    error: (message) => ({ type: 'error', error: { message: expect.stringContaining(message) } }),
  },
];
const WITH_TOOLS = CASES.filter(({ tools }) => tools !== undefined);

interface RightsWorld extends Pick<ClaudeWorld, 'bee'> {
  /** The requests whose turns began, in order. */
  readonly begun: readonly TurnRequest[];
  /** Sends bytes in headers as they are, which `fetch` does not. */
  post(path: string, body: Json, headers?: Readonly<Record<string, string>>): Promise<[number, unknown]>;
  reload(config: Partial<HiveConfig>): void;
}

/** A bridge in front of the claude worker, and what becomes of requests at its door. */
async function startRightsWorld(config: Partial<HiveConfig> = {}): Promise<RightsWorld> {
  const { bee, place } = await startClaudeWorld();
  const begun: TurnRequest[] = [];
  const observers = [{ begin: ({ request }: { request: TurnRequest }) => void begun.push(request) }];
  const bridge = await startTestBridge({ place, config, observers });
  return {
    bee,
    begun,
    reload: (changes) => {
      const next = { ...bridge.config, ...changes };
      bridge.reload({ config: next, apiKeys: readApiKeys(next.apiKey) });
    },
    post: (path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const sent = httpRequest(bridge.url + path, { method: 'POST', headers }, (answer) => {
          answer.setEncoding('utf8');
          let text = '';
          answer.on('data', (piece: string) => {
            text += piece;
          });
          answer.on('end', () => resolve([answer.statusCode ?? 0, JSON.parse(text)]));
        });
        sent.on('error', reject);
        // As a text, it would have its headers encoded with it.
        sent.end(Buffer.from(JSON.stringify(body)));
      }),
  };
}

/** The same request with another text of its user. */
function withText(body: Json, text: string): Json {
  if ('prompt' in body) return { ...body, prompt: text };
  return 'input' in body
    ? { ...body, input: text }
    : { ...body, messages: [{ role: 'user', content: text }] };
}

function createRoot(): string {
  const root = realpathSync(temporaryFolder());
  mkdirSync(join(root, 'open/a'), { recursive: true });
  mkdirSync(join(root, 'open/ü'));
  return root;
}

const DEFAULT_SYSTEM = loadConfig({ kind: 'ollama-server', env: { HOME: '/nonexistent' } }).config
  .defaultSystem;

describe.each(CASES)('POST $path', ({ path, body, tools, toolsUnused, error }) => {
  it('has no rights by default, and tells the worker how to behave', async () => {
    const world = await startRightsWorld();
    expect(await world.post(path, body)).toMatchObject([200, {}]);
    expect(world.begun.map(({ rights }) => rights)).toEqual([{ workerTools: 'none' }]);
    expect(world.bee.prompts).toMatchObject([{ systemPrompt: DEFAULT_SYSTEM }]);
  });

  it('has those that are configured, and the folder that it names', async () => {
    const root = createRoot();
    const world = await startRightsWorld({ workerTools: 'all', cwd: root, cwdRoots: [join(root, 'open')] });
    expect(await world.post(path, body)).toMatchObject([200, {}]);
    expect(await world.post(path, body, { 'x-hum-cwd': join(root, 'open/a') })).toMatchObject([200, {}]);
    expect(world.begun.map(({ rights }) => rights)).toEqual([
      { workerTools: 'all', cwd: root },
      { workerTools: 'all', cwd: join(root, 'open/a') },
    ]);
    expect(world.bee.prompts.map(({ systemPrompt }) => systemPrompt)).toEqual([undefined, undefined]);
    expect(world.bee.prompts.map(({ cwd }) => cwd)).toEqual([root, join(root, 'open/a')]);
    expect(world.bee.starts.map(({ cwd }) => cwd)).toContain(join(root, 'open/a'));
  });

  it('has the CLI denied its own tools, and is kept from its commands, unless the rights are all', async () => {
    const world = await startRightsWorld();
    await world.post(path, withText(body, '/compact @/etc/passwd'));
    world.reload({ workerTools: 'mesh' });
    await world.post(path, withText(body, '/compact @/etc/passwd'));
    world.reload({ workerTools: 'all' });
    await world.post(path, withText(body, '/compact @/etc/passwd'));
    const denied = world.bee.prompts.map(({ disallowedTools }) => disallowedTools ?? []);
    expect(denied[0]).toEqual(expect.arrayContaining([...CLAUDE_TOOLS, '*']));
    expect(denied[1]).toEqual(expect.arrayContaining([...CLAUDE_TOOLS]));
    expect(denied[1]).not.toContain('*');
    expect(denied[2]).toEqual([]);
    const text = '/compact @/etc/passwd';
    expect(world.bee.prompts.map(({ content }) => content)).toEqual([defuse(text), defuse(text), text]);
  });

  it('is refused a folder that it may not name, before anything is sent', async () => {
    const root = createRoot();
    const world = await startRightsWorld({ cwdRoots: [join(root, 'open')] });
    for (const folder of [root, join(root, 'open/..'), join(root, 'open/b'), 'open', '~'])
      expect(await world.post(path, body, { 'x-hum-cwd': folder })).toMatchObject([
        400,
        error('x-hum-cwd must'),
      ]);
    expect(world.begun).toEqual([]);
    expect(world.bee.prompts).toEqual([]);
  });

  it('is a 503 that says so where the configured folder is gone', async () => {
    const world = await startRightsWorld({ cwd: join(createRoot(), 'gone') });
    expect(await world.post(path, body)).toMatchObject([503, error('is not there')]);
    expect(world.bee.prompts).toEqual([]);
  });

  it.skipIf(tools === undefined)('has its own tools and no others, whatever is set', async () => {
    const world = await startRightsWorld({ workerTools: 'all' });
    await world.post(path, { ...body, ...tools });
    await world.post(path, { ...body, ...toolsUnused });
    expect(world.begun.map(({ rights }) => rights)).toEqual([
      { workerTools: 'none' },
      { workerTools: 'none' },
    ]);
  });
});

it('covers tools wherever there are any', () => {
  expect(WITH_TOOLS.map(({ path }) => path)).toEqual([
    '/api/chat',
    '/v1/chat/completions',
    '/v1/responses',
    '/v1/messages',
  ]);
});

describe('rights', () => {
  const chat = { model, messages };

  it('are bounded by the key, whose folder comes before the model’s and the hive’s', async () => {
    const root = createRoot();
    const keys = join(root, 'keys');
    const keyOf = { plain: 'k-plain', less: 'k-less', more: 'k-more' };
    writeFileSync(
      keys,
      [
        keyOf.plain,
        JSON.stringify({ key: keyOf.less, workerTools: 'none', cwd: join(root, 'open/a') }),
        JSON.stringify({ key: keyOf.more, workerTools: 'all' }),
      ].join('\n'),
    );
    const world = await startRightsWorld({
      apiKey: `@${keys}`,
      workerTools: 'mesh',
      cwd: root,
      cwdRoots: [root],
      models: [{ name: model, alias: ['mine'], cwd: join(root, 'open') }],
    });
    const ask = async (key: string, name = model, headers = {}) => {
      const [status] = await world.post(
        '/v1/chat/completions',
        { ...chat, model: name },
        { 'x-api-key': key, ...headers },
      );
      return status;
    };
    expect(await ask(keyOf.plain)).toBe(200);
    expect(await ask(keyOf.plain, 'mine')).toBe(200);
    expect(await ask(keyOf.more, 'claude-opus-4-7')).toBe(200);
    expect(await ask(keyOf.less)).toBe(200);
    expect(await ask(keyOf.less, model, { 'x-hum-cwd': join(root, 'open') })).toBe(400);
    expect(world.begun.map(({ rights }) => rights)).toEqual([
      { workerTools: 'mesh', cwd: join(root, 'open') },
      { workerTools: 'mesh', cwd: join(root, 'open') },
      { workerTools: 'mesh', cwd: root },
      { workerTools: 'none', cwd: join(root, 'open/a') },
    ]);
  });

  it('hold from a reload on', async () => {
    const world = await startRightsWorld();
    await world.post('/v1/chat/completions', chat);
    world.reload({ workerTools: 'all', defaultSystem: '' });
    await world.post('/v1/chat/completions', chat);
    world.reload({ workerTools: 'none' });
    await world.post('/v1/chat/completions', chat);
    expect(world.begun.map(({ rights }) => rights?.workerTools)).toEqual(['none', 'all', 'none']);
    expect(world.bee.prompts.map(({ systemPrompt }) => systemPrompt)).toEqual([
      DEFAULT_SYSTEM,
      undefined,
      undefined,
    ]);
  });

  it('are the same for every answer of a request', async () => {
    const root = createRoot();
    const world = await startRightsWorld({ cwdRoots: [root], workerTools: 'mesh' });
    const headers = { 'x-hum-cwd': join(root, 'open') };
    await world.post('/v1/chat/completions', { ...chat, n: 2 }, headers);
    await world.post('/v1/completions', { model, prompt: ['a', 'b'] }, headers);
    const rights = { workerTools: 'mesh', cwd: join(root, 'open') };
    expect(world.begun.map((request) => request.rights)).toEqual([rights, rights, rights, rights]);
  });

  it('take a folder’s name in UTF-8, and in Latin-1', async () => {
    const root = createRoot();
    const world = await startRightsWorld({ cwdRoots: [root] });
    const folder = join(root, 'open/ü');
    for (const value of [Buffer.from(folder).toString('latin1'), folder])
      expect(await world.post('/v1/chat/completions', chat, { 'x-hum-cwd': value })).toMatchObject([200, {}]);
    expect(world.begun).toMatchObject([{ rights: { cwd: folder } }, { rights: { cwd: folder } }]);
  });

  it('leave a system text as the client has it', async () => {
    const world = await startRightsWorld();
    const system = [{ role: 'system', content: 'Be odd.' }, ...messages];
    await world.post('/v1/chat/completions', { model, messages: system });
    expect(world.bee.prompts).toMatchObject([{ systemPrompt: 'Be odd.' }]);
  });

  it('leave the worker its own where the model’s entry says so', async () => {
    const world = await startRightsWorld({ models: [{ name: model, alias: [], defaultSystem: '' }] });
    await world.post('/v1/chat/completions', chat);
    await world.post('/v1/chat/completions', { ...chat, model: 'claude-opus-4-7' });
    expect(world.bee.prompts.map(({ systemPrompt }) => systemPrompt)).toEqual([undefined, DEFAULT_SYSTEM]);
  });

  it('keep the CLI from commands in all of a conversation, whoever is said to have written it', async () => {
    const world = await startRightsWorld();
    const mention = '@/etc/passwd';
    const call = {
      id: 'c1',
      type: 'function',
      function: { name: 'look', arguments: `{"at": " ${mention}"}` },
    };
    const history = [
      { role: 'user', content: mention },
      { role: 'assistant', content: mention, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: mention },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a ' },
          { type: 'text', text: mention },
        ],
      },
    ];
    await world.post('/v1/chat/completions', { model, messages: history });
    const [{ content: defused } = { content: '' }] = world.bee.prompts;
    expect(String(defused)).not.toMatch(/(^|\s)@/);
    expect(String(defused).match(/@\/etc\/passwd/g)).toHaveLength(5);
    world.reload({ defuseText: false });
    await world.post('/v1/chat/completions', { model, messages: history });
    expect(String(world.bee.prompts[1]?.['content'])).toBe(String(defused).replaceAll('\u034F', ''));
  });

  it('hold where another worker of the model is no Claude Code', async () => {
    const { bridge, place, post, sent } = await startClaudeWorld();
    const other = await startEchoWorker({ socketPath: place.socketPath, models: [model] });
    onTestFinished(() => other.close());
    const profileOf = () => bridge.nest.models().find(({ id }) => id === model)?.profile;
    await eventually(() => expect(profileOf()).toMatchObject({ isClaude: true, callsMeshTools: false }));
    const question = { model, messages: [{ role: 'user', content: '@/etc/passwd' }] };
    expect((await post('/v1/chat/completions', question)).status).toBe(200);
    const [prompt] = sent.filter(({ chi }) => chi === 'prompt');
    expect(prompt?.['disallowedTools']).toEqual(expect.arrayContaining(['Bash', 'Read', '*']));
    expect(prompt?.['content']).toBe(defuse('@/etc/passwd'));
  });

  it('hold where humd’s list of bees cannot be read', async () => {
    const { bee, place } = await startClaudeWorld();
    const blind = await startTestBridge({ place: { ...place, beesPath: '/nowhere/bees.json' } });
    const ask = (body: Json) =>
      fetch(`${blind.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
    const asked = await ask({ model, messages: [{ role: 'user', content: '@/etc/passwd' }] });
    expect(asked.status).toBe(200);
    expect(bee.prompts[0]?.['disallowedTools']).toEqual(expect.arrayContaining(['Bash', 'Read', '*']));
    expect(bee.prompts[0]?.['content']).toBe(defuse('@/etc/passwd'));
    const withTools = await ask({ model, messages, tools: [asFunction] });
    expect(withTools.status).toBe(200);
    expect(bee.prompts[1]?.['disallowedTools']).toEqual(expect.arrayContaining(['Bash', 'Read']));
    expect(bee.prompts[1]?.['disallowedTools']).not.toContain('*');
  });

  it('keep answers out of the cache where a worker may do more than write', async () => {
    const world = await startRightsWorld({ answerCacheTtlMs: 60_000 });
    const cold = { ...chat, temperature: 0 };
    const promptsOf = async (changes: Partial<HiveConfig>) => {
      world.reload(changes);
      const before = world.bee.prompts.length;
      await world.post('/v1/chat/completions', cold);
      await world.post('/v1/chat/completions', cold);
      return world.bee.prompts.length - before;
    };
    expect(await promptsOf({})).toBe(1);
    expect(await promptsOf({ workerTools: 'mesh' })).toBe(2);
    expect(await promptsOf({ workerTools: 'none', cwd: createRoot() })).toBe(2);
  });
});

/** Which models are listed, which of them a name means, and what a client hears of one that nobody serves now. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { ChatOllama } from '@langchain/ollama';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDaemon } from '../../src/daemon/daemon.js';
import { startClaudeBee } from '../claude-bee/claude-bee.js';
import { type ClaudeWorld, type ClaudeWorldOptions, startClaudeWorld } from '../claude-bee/world.js';
import { eventually } from '../eventually.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

const messages = [{ role: 'user' as const, content: 'hi' }];

const modelEntries = (...names: readonly string[]) => names.map((name) => ({ name, alias: [] }));

/** What humd was asked for last. */
function askedOf(world: ClaudeWorld): unknown {
  return world.bee.prompts.at(-1)?.['modelId'];
}

/** Each asks for one answer and says which model it is told that answered. */
const CLIENTS = {
  ollama: async ({ url }: ClaudeWorld, model: string) =>
    (await new Ollama({ host: url }).chat({ model, messages })).model,
  'openai chat': async ({ url }: ClaudeWorld, model: string) =>
    (await openai(url).chat.completions.create({ model, messages })).model,
  'openai responses': async ({ url }: ClaudeWorld, model: string) =>
    (await openai(url).responses.create({ model, input: 'hi' })).model,
  'openai completions': async ({ url }: ClaudeWorld, model: string) =>
    (await openai(url).completions.create({ model, prompt: 'hi' })).model,
  '@anthropic-ai/sdk': async ({ url }: ClaudeWorld, model: string) =>
    (await anthropic(url).messages.create({ model, messages, max_tokens: 100 })).model,
  '@langchain/ollama': async ({ url }: ClaudeWorld, model: string) => {
    const answer = await new ChatOllama({ model, baseUrl: url, maxRetries: 0 }).invoke('hi');
    return answer.response_metadata['model'];
  },
};

function openai(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
}

function anthropic(url: string): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 });
}

/** Every route that a model can be asked for by; the last ones need no turn. */
const ROUTES = [
  ['/api/chat', { messages, stream: false }],
  ['/api/chat', { messages }],
  ['/api/chat', {}],
  ['/api/generate', { prompt: 'hi' }],
  ['/api/generate', { prompt: 'hi', stream: false }],
  ['/api/embed', { input: 'hi' }],
  ['/api/embeddings', { prompt: 'hi' }],
  ['/v1/chat/completions', { messages }],
  ['/v1/chat/completions', { messages, stream: true }],
  ['/v1/completions', { prompt: 'hi' }],
  ['/v1/completions', { prompt: 'hi', max_tokens: 0 }],
  ['/v1/responses', { input: 'hi' }],
  ['/v1/responses', { input: 'hi', stream: true }],
  ['/v1/embeddings', { input: 'hi' }],
  ['/v1/messages', { messages, max_tokens: 100 }],
  ['/v1/messages', { messages, max_tokens: 100, stream: true }],
  ['/v1/messages/count_tokens', { messages }],
] as const;

/** What each route answers for a model: its status, `retry-after` and the words. */
async function answersFor(world: ClaudeWorld, model: string): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (const [path, body] of ROUTES) {
    const response = await world.post(path, { model, ...body });
    const text = await response.text();
    answers.push([path, response.status, response.headers.get('retry-after'), wordsIn(text)]);
  }
  return answers;
}

function wordsIn(text: string): unknown {
  const { error } = JSON.parse(text);
  return typeof error === 'string' ? error : error.message;
}

const on = (status: number, retryAfter: string | null, words: unknown) =>
  ROUTES.map(([path]) => [path, status, retryAfter, words]);

const notServed = (model: string) => on(503, '5', `no worker on this hum serves the model '${model}' now`);

async function listsOf({ url }: ClaudeWorld) {
  const { models } = await new Ollama({ host: url }).list();
  const { data } = await openai(url).models.list();
  return {
    ollama: models.map((model) => `${model.name}${Object(model).active === false ? ' not active' : ''}`),
    openai: data.map((model) => `${model.id}${Object(model).active === false ? ' not active' : ''}`),
  };
}

describe("with hum's worker on the mesh", () => {
  it('what it serves is listed, what is configured first', async () => {
    const { ollama, openai: ids } = await listsOf(await startClaudeWorld());
    expect(ids).toEqual([
      'claude-sonnet-4-6',
      'claude-haiku-4-5',
      'claude-opus-4-7',
      'claude-haiku-4-5-20251001',
      'claude-sonnet-4-5',
    ]);
    expect(ollama).toEqual(ids.map((id) => `${id}:latest`));
  });

  it('configured names that nobody serves come last and say so, and each name in the lists has a card', async () => {
    const world = await startClaudeWorld({
      config: { models: modelEntries('claude-sonnet-4', 'claude-haiku-4.5', 'claude-opus-4.7') },
    });
    const { ollama, openai: ids } = await listsOf(world);
    expect(ids).toEqual([
      'claude-haiku-4.5',
      'claude-opus-4.7',
      'claude-haiku-4-5',
      'claude-haiku-4-5-20251001',
      'claude-opus-4-7',
      'claude-sonnet-4-5',
      'claude-sonnet-4-6',
      'claude-sonnet-4 not active',
    ]);
    expect(ollama.at(-1)).toBe('claude-sonnet-4:latest not active');
    for (const id of ids.map((name) => name.replace(' not active', ''))) {
      expect((await world.post('/api/show', { model: id })).status).toBe(200);
      expect((await openai(world.url).models.retrieve(id)).id).toBe(id);
    }
    const shown = await world.post('/api/show', { model: 'claude-sonnet-4' });
    expect(Object(await shown.json()).modelfile).toContain('# No worker serves it now.\n');
  });

  it.each(Object.keys(CLIENTS) as (keyof typeof CLIENTS)[])(
    'each name means a model that it serves, and the answer has the name that was asked for: %s',
    async (client) => {
      const world = await startClaudeWorld();
      for (const [asked, meant] of [
        ['claude-sonnet-4-6', 'claude-sonnet-4-6'],
        ['sonnet', 'claude-sonnet-4-6'],
        ['opus', 'claude-opus-4-7'],
        ['haiku', 'claude-haiku-4-5'],
        ['claude-haiku-4.5', 'claude-haiku-4-5'],
        ['claude-haiku-4-5-20251001', 'claude-haiku-4-5-20251001'],
        ['Claude-Opus-4.7:latest', 'claude-opus-4-7'],
        ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5'],
        ['claude-3-5-haiku-20241022', 'claude-haiku-4-5'],
        ['claude-sonnet-4-20250514', 'claude-sonnet-4-6'],
        ['claude-opus-4-1', 'claude-opus-4-7'],
      ] as const) {
        expect([asked, await CLIENTS[client](world, asked)]).toEqual([asked, asked]);
        expect([asked, askedOf(world)]).toEqual([asked, meant]);
      }
    },
  );

  it('a header says which model answers, where that is not the name that was asked for', async () => {
    const world = await startClaudeWorld();
    for (const [model, said] of [
      ['claude-3-5-haiku-20241022', 'claude-haiku-4-5'],
      ['sonnet', 'claude-sonnet-4-6'],
      ['claude-opus-4-7', null],
    ] as const) {
      for (const [path, body] of ROUTES.filter(([path]) => !path.includes('embed'))) {
        const response = await world.post(path, { model, ...body });
        expect([path, response.status, response.headers.get('x-hum-model')]).toEqual([path, 200, said]);
        await response.text();
      }
    }
    const { data, response } = await anthropic(world.url)
      .messages.create({ model: 'claude-opus-4-1', messages, max_tokens: 100 })
      .withResponse();
    expect([data.model, response.headers.get('x-hum-model')]).toEqual(['claude-opus-4-1', 'claude-opus-4-7']);
  });

  it('pages may read that header', async () => {
    const { url } = await startClaudeWorld();
    const response = await fetch(`${url}/api/tags`, { headers: { origin: 'http://localhost:3000' } });
    expect(response.headers.get('access-control-expose-headers')?.split(', ')).toContain('x-hum-model');
  });

  it('a name that means nothing is a 404 everywhere', async () => {
    const world = await startClaudeWorld();
    const answers = await answersFor(world, 'gpt-4o');
    expect(answers).toEqual(on(404, null, expect.stringContaining('gpt-4o')));
    expect(world.bee.prompts).toEqual([]);
  });

  it('the default model answers to it instead, where there is one, and a reload changes that', async () => {
    const world = await startClaudeWorld({ config: { defaultModel: 'sonnet' } });
    for (const client of Object.values(CLIENTS)) {
      expect(await client(world, 'gpt-4o')).toBe('gpt-4o');
      expect(askedOf(world)).toBe('claude-sonnet-4-6');
    }
    const { response } = await openai(world.url)
      .chat.completions.create({ model: 'llama3', messages })
      .withResponse();
    expect(response.headers.get('x-hum-model')).toBe('claude-sonnet-4-6');
    const { config } = world.bridge;
    world.bridge.reload({ config: { ...config, defaultModel: undefined }, apiKeys: [] });
    expect((await world.post('/v1/chat/completions', { model: 'gpt-4o', messages })).status).toBe(404);
  });
});

describe('a model that is known and that nobody serves now', () => {
  it.each([
    ['is configured', 'claude-sonnet-4', { config: { models: modelEntries('claude-sonnet-4') } }],
    ['is an alias', 'best', { config: { models: [{ name: 'claude-opus-9', alias: ['best'] }] } }],
    ["is of hum's worker", 'claude-sonnet-4-5', { bee: { models: ['claude-sonnet-4-6'] } }],
    ['is the other spelling of that', 'claude-haiku-4.5', { bee: { models: ['claude-sonnet-4-6'] } }],
    ['is of a family without any', 'claude-3-5-haiku-20241022', { bee: { models: ['claude-sonnet-4-6'] } }],
    ['is the short name of one', 'haiku', { bee: { models: ['claude-sonnet-4-6'] } }],
    [
      'is the default',
      'gpt-4o',
      { config: { defaultModel: 'claude-opus-9', models: modelEntries('claude-opus-9') } },
    ],
  ] as const satisfies readonly (readonly [string, string, ClaudeWorldOptions])[])(
    'is a 503 with the reason on every route, and humd is not asked: one that %s',
    async (_, model, options) => {
      const world = await startClaudeWorld(options);
      expect(await answersFor(world, model)).toEqual(notServed(model));
      expect(world.sent).toEqual([]);
    },
  );

  it('is one whose worker has gone, and is answered again when it is back', async () => {
    const world = await startClaudeWorld({ bee: { models: ['odd-one', 'claude-sonnet-4-6'] } });
    const { place } = world;
    await world.bee.close();
    await eventually(async () => {
      expect((await listsOf(world)).openai.filter((id) => !id.endsWith(' not active'))).toEqual([]);
    });
    expect((await listsOf(world)).openai).not.toContain('odd-one');
    for (const model of ['odd-one', 'claude-sonnet-4-6', 'sonnet'])
      expect(await answersFor(world, model)).toEqual(notServed(model));
    expect((await world.post('/api/show', { model: 'odd-one' })).status).toBe(503);
    await expect(openai(world.url).models.retrieve('odd-one')).rejects.toMatchObject({ status: 503 });
    expect((await world.post('/api/pull', { model: 'odd-one' })).status).toBe(503);

    const back = await startClaudeBee({ socketPath: place.socketPath, models: ['odd-one'] });
    onTestFinished(() => back.close());
    expect((await world.post('/api/chat', { model: 'odd-one', messages, stream: false })).status).toBe(200);
    expect(back.prompts).toHaveLength(1);
  });

  it('is told by each SDK with its status and the reason', async () => {
    const world = await startClaudeWorld({ config: { models: modelEntries('claude-sonnet-4') } });
    const model = 'claude-sonnet-4';
    for (const client of Object.values(CLIENTS)) {
      await expect(client(world, model)).rejects.toSatisfy(
        (error) =>
          [Object(error).status, Object(error).status_code].includes(503) && String(error).includes(model),
      );
    }
  });

  it('is found out where the link came up while the request waited', async () => {
    const world = await startClaudeWorld({
      config: { readyTimeoutMs: 60_000, models: modelEntries('a', 'b') },
    });
    const { place, bridge } = world;
    await world.daemon.close();
    await eventually(() => expect(bridge.nest.link()).toBe('down'));
    const answers = ['/api/chat', '/v1/messages'].map((path) =>
      world.post(path, { model: 'b', messages, max_tokens: 9, stream: false }),
    );
    const daemon = await startDaemon(place);
    onTestFinished(() => daemon.close());
    for (const answer of answers) expect((await answer).status).toBe(503);
  });
});

describe('a model whose worker goes while it is looked up', () => {
  it('is a 503 that may be tried again, where humd knows no worker for it any more', async () => {
    const { place } = await startClaudeWorld();
    const beesPath = join(temporaryFolder(), 'bees.json');
    writeFileSync(
      beesPath,
      JSON.stringify({ gone: { bee: ['worker'], name: 'echo', models: ['just-gone'] } }),
    );
    const bridge = await startTestBridge({ place: { ...place, beesPath } });
    for (const [path, body] of [
      ['/api/chat', { messages }],
      ['/v1/chat/completions', { messages, stream: true }],
      ['/v1/messages', { messages, max_tokens: 9 }],
    ] as const) {
      const text = JSON.stringify({ model: 'just-gone', ...body });
      const response = await fetch(bridge.url + path, { method: 'POST', body: text });
      expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '5']);
    }
  });
});

describe('a model that only claude-repl lists', () => {
  it('is not listed and a 503 that says why, and never asked for', async () => {
    const world = await startClaudeWorld({ bee: { hive: 'claude-repl' } });
    expect(await listsOf(world)).toEqual({ ollama: [], openai: [] });
    for (const model of ['claude-opus-4-7', 'claude-haiku-4.5', 'sonnet', 'claude-3-opus-20240229']) {
      const words = `only a claude-repl worker lists the model '${model}', and that one never answers`;
      expect(await answersFor(world, model)).toEqual(on(503, '5', words));
    }
    expect((await world.post('/api/show', { model: 'claude-opus-4-7' })).status).toBe(503);
    expect(world.bee.prompts).toEqual([]);
    const status = world.bridge.status().models.find(({ id }) => id === 'claude-opus-4-7');
    expect(status).toMatchObject({ listed: false, service: 'stub', workers: [{ name: 'claude-repl' }] });
  });

  it('is listed and answered as soon as another worker serves it', async () => {
    const world = await startClaudeWorld({ bee: { models: ['claude-sonnet-4-6'] } });
    const stub = await startClaudeBee({ socketPath: world.place.socketPath, hive: 'claude-repl' });
    onTestFinished(() => stub.close());
    await eventually(() => expect(world.bridge.status().models.at(-1)?.service).toBe('stub'));
    expect((await listsOf(world)).openai).toEqual(['claude-sonnet-4-6']);
    const other = await startClaudeBee({ socketPath: world.place.socketPath, models: ['claude-opus-4-7'] });
    onTestFinished(() => other.close());
    await eventually(async () =>
      expect((await listsOf(world)).openai).toEqual(['claude-sonnet-4-6', 'claude-opus-4-7']),
    );
  });
});

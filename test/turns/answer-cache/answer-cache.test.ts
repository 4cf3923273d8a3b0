import { describe, expect, it } from 'vitest';
import { eventually } from '../../eventually.js';
import {
  chat,
  parseStream,
  script,
  startWorld,
  type World,
  type WorldOptions,
} from '../../front-door/world.js';

const caching: WorldOptions = { env: { OLLAMA_SERVER_ANSWER_CACHE_TTL_MS: '60000' } };
const text = script({ reason: ['Hm.'], say: ['It ', 'is ', '21C.'] });
const message = { role: 'user', content: text };

type Json = Readonly<Record<string, unknown>>;

const model = 'claude-sonnet-4';
const cold = { temperature: 0 };
const BODIES: Readonly<Record<string, Json>> = {
  '/api/chat': { model, messages: [message], options: cold },
  '/api/generate': { model, prompt: text, options: cold },
  '/v1/chat/completions': { model, messages: [message], ...cold },
  '/v1/completions': { model, prompt: text, ...cold },
  '/v1/responses': { model, input: text, store: false, ...cold },
  '/v1/messages': { model, messages: [message], max_tokens: 99, ...cold },
};

/** What a client is told, and whether it was told before. */
async function ask(world: World, path: string, body: Json, key = 'one') {
  const response = await fetch(world.url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: response.status, cache: response.headers.get('x-hum-cache'), body: await response.text() };
}

/** Whether each of these chats was answered from the cache. */
async function outcomes(world: World, ...chats: readonly Json[]): Promise<readonly (string | null)[]> {
  const seen: (string | null)[] = [];
  for (const body of chats) seen.push((await ask(world, '/v1/chat/completions', body)).cache);
  return seen;
}

/** An answer without what is new in each: ids, times and durations. */
function timeless(body: string): string {
  return body
    .replace(/"(id|item_id|created|created_at|completed_at|\w+_duration)":("[^"]*"|[\d.]+)/g, '')
    .replace(/"obfuscation":"[^"]*"/g, '');
}

/** What the last line of a stream tells. */
const lastKeys = (body: string) => Object.keys(parseStream(body).at(-1) ?? {});
const prompts = (world: World) => world.sentOf('prompt').length;

describe('an answer that is kept', () => {
  it.each(Object.keys(BODIES))('is given again, whole: POST %s', async (path) => {
    const world = await startWorld(caching);
    const body = { ...BODIES[path], stream: false };
    const first = await ask(world, path, body);
    const again = await ask(world, path, body);
    expect([first.status, first.cache, again.cache, prompts(world)]).toEqual([200, 'miss', 'hit', 1]);
    expect(timeless(again.body)).toBe(timeless(first.body));
  });

  it.each(Object.keys(BODIES))('is given again, streamed: POST %s', async (path) => {
    const world = await startWorld(caching);
    const body = { ...BODIES[path], stream: true };
    const first = await ask(world, path, body);
    const again = await ask(world, path, body);
    expect([first.status, first.cache, again.cache, prompts(world)]).toEqual([200, 'miss', 'hit', 1]);
    expect(again.body).toContain('It is 21C.');
    expect(lastKeys(again.body)).toEqual(lastKeys(first.body));
  });

  it.each<[string, Json]>([
    ['/v1/messages', { stop_sequences: ['21'] }],
    ['/v1/chat/completions', { stop: ['21'] }],
    ['/v1/completions', { stop: ['21'] }],
    ['/api/chat', { options: { ...cold, stop: ['21'] } }],
    ['/api/generate', { options: { ...cold, stop: ['21'] } }],
  ])('says again at which stop sequence it was cut: POST %s', async (path, fields) => {
    const world = await startWorld(caching);
    const body = { ...BODIES[path], ...fields, stream: false };
    const first = await ask(world, path, body);
    const again = await ask(world, path, body);
    const streamed = await ask(world, path, { ...body, stream: true });
    expect([first.cache, again.cache, streamed.cache]).toEqual(['miss', 'hit', 'hit']);
    expect(timeless(again.body)).toBe(timeless(first.body));
    if (path !== '/v1/messages') return;
    for (const { body } of [first, again, streamed]) {
      expect(body).toContain('"stop_reason":"stop_sequence"');
      expect(body).toContain('"stop_sequence":"21"');
    }
  });

  it('counts its thoughts again', async () => {
    const world = await startWorld(caching);
    const usage = { input_tokens: 3, output_tokens: 9, reasoning_tokens: 4 };
    const body = chat(script({ reason: ['Hm.'], say: ['Yes.'], usage }), cold);
    const [first, again] = [
      await ask(world, '/v1/chat/completions', body),
      await ask(world, '/v1/chat/completions', body),
    ];
    expect(first.body).toContain('"reasoning_tokens":4');
    expect(timeless(again.body)).toBe(timeless(first.body));
  });

  it('is the same whether it is asked for whole or streamed', async () => {
    const world = await startWorld(caching);
    expect(await outcomes(world, chat(text, cold), chat(text, { ...cold, stream: true }))).toEqual([
      'miss',
      'hit',
    ]);
  });

  it('may have been cut at the length that was asked for', async () => {
    const world = await startWorld(caching);
    const short = chat('one two three', { ...cold, max_tokens: 2 });
    expect(await outcomes(world, short, short)).toEqual(['miss', 'hit']);
  });

  it('costs nothing: the usage counts its turn without tokens', async () => {
    const world = await startWorld(caching);
    await outcomes(world, chat(text, cold), chat(text, cold));
    const { data } = Object(await (await fetch(`${world.url}/v1/usage`)).json());
    expect(data).toMatchObject([{ turns: 2, failed_turns: 0, prompt_tokens: 14, completion_tokens: 7 }]);
  });

  it('is forgotten after its time', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_ANSWER_CACHE_TTL_MS: '50' } });
    await outcomes(world, chat(text, cold));
    await eventually(async () => expect(await outcomes(world, chat(text, cold))).toEqual(['miss']));
  });
});

describe('no answer is kept', () => {
  it('unless the configuration says for how long', async () => {
    const world = await startWorld();
    expect(await outcomes(world, chat(text, cold), chat(text, cold))).toEqual([null, null]);
  });

  it.each<[string, Json]>([
    ['a temperature', { temperature: 0.1 }],
    ['no temperature', {}],
    ['tools', { ...cold, tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['a session', { ...cold, prompt_cache_key: 'u1' }],
    [
      'more than a million characters',
      { ...cold, messages: [{ role: 'user', content: 'x'.repeat(2 ** 20 + 1) }] },
    ],
  ])('of a request with %s', async (_, fields) => {
    const world = await startWorld({ env: { ...caching.env, OLLAMA_SERVER_CONTEXT_LENGTH: '10000000' } });
    const body = chat(text, { max_tokens: 1, ...fields });
    expect(await outcomes(world, body, body)).toEqual([null, null]);
  });

  it.each<[string, Json]>([
    ['an error', { say: ['a'], error: { message: 'no' } }],
    ['a refusal', { say: ['a'], finish: 'content_filter' }],
    ['the death of the worker', { say: ['a'], finish: 'error' }],
  ])('of a turn that ended in %s', async (_, steps) => {
    const world = await startWorld(caching);
    const body = chat(script(steps), cold);
    expect(await outcomes(world, body, body)).toEqual(['miss', 'miss']);
  });

  it('of a turn that its client left in the middle', async () => {
    const world = await startWorld(caching);
    const body = chat(script({ n: 100, ms: 5 }), { ...cold, stream: true });
    const controller = new AbortController();
    const response = await world.post('/v1/chat/completions', body, controller.signal);
    await response.body?.getReader().read();
    controller.abort();
    await eventually(() => expect(world.daemon().openSids()).toEqual([]));
    expect(await outcomes(world, { ...body, stream: false })).toEqual(['miss']);
  });
});

describe('two requests', () => {
  const base = chat(text, cold);
  it.each<[string, Json]>([
    ['question', chat(`${text} `, cold)],
    ['seed', { ...base, seed: 7 }],
    ['most tokens', { ...base, max_tokens: 7 }],
    ['instructions', { ...base, messages: [{ role: 'system', content: 'Be brief.' }, message] }],
    ['format', { ...chat('{"a":1}', cold), response_format: { type: 'json_object' } }],
  ])('do not share an answer if they differ in their %s', async (_, other) => {
    const world = await startWorld(caching);
    expect(await outcomes(world, base, other, other)).toEqual(['miss', 'miss', 'hit']);
  });

  it('of different keys do not share one', async () => {
    const world = await startWorld({ env: { ...caching.env, OLLAMA_SERVER_API_KEY: 'one,two' } });
    const seen = [];
    for (const key of ['one', 'two', 'one']) {
      seen.push((await ask(world, '/v1/chat/completions', base, key)).cache);
    }
    expect(seen).toEqual(['miss', 'miss', 'hit']);
  });

  it('share one whatever the order of their keys', async () => {
    const world = await startWorld(caching);
    const format = (schema: Json) => ({
      ...chat('{"a":1}', cold),
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    const one = format({ type: 'object', properties: { a: { type: 'number' } } });
    const other = format({ properties: { a: { type: 'number' } }, type: 'object' });
    expect(await outcomes(world, one, other)).toEqual(['miss', 'hit']);
  });

  it('that come at the same time both run', async () => {
    const world = await startWorld(caching);
    const slow = chat(script({ n: 5, ms: 10 }), cold);
    const seen = await Promise.all([outcomes(world, slow), outcomes(world, slow)]);
    expect([seen.flat(), prompts(world)]).toEqual([['miss', 'miss'], 2]);
  });
});

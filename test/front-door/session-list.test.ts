/** `/v1/hum/sessions`: what an API key sees of the conversations that workers remember for it, and how it has one forgotten. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { script, startWorld, type World, type WorldOptions } from './world.js';

type Json = Readonly<Record<string, unknown>>;

const stateful: WorldOptions = { statefulness: 'stateful_session' };
const keyed: WorldOptions = { ...stateful, env: { OLLAMA_SERVER_API_KEY: 'one,two' } };
const user = (content: string): Json => ({ role: 'user', content });
const history = [user('one'), { role: 'assistant', content: 'one' }, user('two')];

async function call(world: World, method: string, path: string, key: string, body?: unknown) {
  const response = await fetch(world.url + path, {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: Object(await response.json()) };
}

const say = (world: World, messages: readonly Json[], fields: Json = {}, key = 'one') =>
  call(world, 'POST', '/v1/chat/completions', key, { model: 'claude-sonnet-4', messages, ...fields });
const listOf = async (world: World, key = 'one'): Promise<readonly Json[]> =>
  (await call(world, 'GET', '/v1/hum/sessions', key)).answer.data;
const remove = (world: World, id: unknown, key = 'one') =>
  call(world, 'DELETE', `/v1/hum/sessions/${String(id)}`, key);

const figureOf = async (world: World, how: string, reason: string) => {
  const text = await (await fetch(`${world.url}/metrics`)).text();
  const line = text
    .split('\n')
    .find((each) => each.startsWith(`thrum_bridge_sessions_total{how="${how}",reason="${reason}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
};

describe('the list of sessions', () => {
  it('has the conversations of the key that asks, the one used last first, and none of another key', async () => {
    const world = await startWorld(keyed);
    await say(world, [user('one')], { prompt_cache_key: 'mine' });
    await say(world, [user('a')]);
    await say(world, history, { prompt_cache_key: 'mine' });
    await say(world, [user('b')], {}, 'two');
    const common = { object: 'hum.session', model: 'claude-sonnet-4', state: 'kept' };
    const id = expect.stringMatching(/^[\da-f-]{36}$/);
    const [age_seconds, idle_seconds] = [expect.any(Number), expect.any(Number)];
    expect(await listOf(world)).toEqual([
      { id, ...common, name: 'mine', turns: 2, age_seconds, idle_seconds },
      { id, ...common, name: null, turns: 1, age_seconds, idle_seconds },
    ]);
    expect(await listOf(world, 'two')).toHaveLength(1);
    const sids = world.sentOf('prompt').map(({ sid }) => sid);
    for (const session of await listOf(world)) expect(sids).not.toContain(session['id']);
  });

  it('is empty for a worker that remembers nothing', async () => {
    const world = await startWorld();
    await say(world, [user('one')]);
    expect(await listOf(world)).toEqual([]);
  });

  it('says which run and which are parked on a tool', async () => {
    const world = await startWorld(stateful);
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
    await say(world, [user(script({ tools: [{ name: 'f', args: {} }] }))], { tools });
    const running = say(world, [user(script({ n: 50, ms: 10 }))]);
    await eventually(async () => {
      const states = (await listOf(world)).map(({ state }) => state);
      expect(states).toEqual(['running', 'parked']);
    });
    await running;
  });
});

describe('a session that is deleted', () => {
  it('is gone on with no more, its worker is told, and the answer says what is not deleted', async () => {
    const world = await startWorld(stateful);
    await say(world, [user('one')]);
    const [session] = await listOf(world);
    const id = session?.['id'];
    expect(await remove(world, id)).toEqual({
      status: 200,
      answer: {
        id,
        object: 'hum.session.deleted',
        deleted: true,
        note: expect.stringContaining('~/.claude/projects'),
      },
    });
    const [prompt] = world.sentOf('prompt');
    await eventually(() => expect(world.sentOf('cleanup').map(({ sid }) => sid)).toEqual([prompt?.sid]));
    expect(await listOf(world)).toEqual([]);
    await say(world, history);
    expect(world.sentOf('prompt')[1]?.['content']).toContain('<turn role="assistant">\none\n</turn>');
    expect((await remove(world, id)).status).toBe(404);
  });

  it('is one of the key’s own: that of another key is not found and stays', async () => {
    const world = await startWorld(keyed);
    await say(world, [user('one')]);
    const [session] = await listOf(world);
    expect(await remove(world, session?.['id'], 'two')).toMatchObject({
      status: 404,
      answer: { error: { type: 'invalid_request_error' } },
    });
    expect(await listOf(world)).toHaveLength(1);
  });

  it('is answered to its end where a turn of it runs, and is not kept then', async () => {
    const world = await startWorld(stateful);
    const running = say(world, [user(script({ n: 50, ms: 10 }))]);
    await eventually(async () => expect(await listOf(world)).toHaveLength(1));
    const [session] = await listOf(world);
    expect((await remove(world, session?.['id'])).status).toBe(200);
    expect((await running).status).toBe(200);
    await eventually(async () => expect(await listOf(world)).toEqual([]));
  });
});

describe('the figures of sessions', () => {
  it('count what went out: all of a conversation, or its news', async () => {
    const world = await startWorld(stateful);
    await say(world, [user('one')]);
    await say(world, history);
    await say(world, [user('other'), ...history.slice(1)]);
    await say(world, [user('one')], { prompt_cache_key: 'k' });
    await say(world, history, { prompt_cache_key: 'k' });
    expect(await figureOf(world, 'fresh', 'first')).toBe(2);
    expect(await figureOf(world, 'delta', 'history')).toBe(1);
    expect(await figureOf(world, 'delta', 'named')).toBe(1);
    expect(await figureOf(world, 'fresh', 'unknown-history')).toBe(1);
  });
});

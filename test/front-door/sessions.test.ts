import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { script, startWorld, type World, type WorldOptions } from './world.js';

type Json = Readonly<Record<string, unknown>>;

const stateful: WorldOptions = { statefulness: 'stateful_session' };
const user = (content: string): Json => ({ role: 'user', content });
const assistant = (content: string): Json => ({ role: 'assistant', content });

/** One chat on `/v1`, with a hint that goes where the OpenAI SDK puts one. */
async function say(world: World, messages: readonly Json[], fields: Json, key = 'one'): Promise<string> {
  const response = await fetch(`${world.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'claude-sonnet-4', messages, ...fields }),
  });
  return Object(await response.json()).choices[0].message.content;
}

const sids = (world: World) => world.sentOf('prompt').map((tone) => tone.sid);
const contents = (world: World) => world.sentOf('prompt').map((tone) => tone['content']);

describe('a conversation with a hint, on a worker that remembers', () => {
  it.each([{ prompt_cache_key: 'p1' }, { metadata: { session_id: 'm1' } }])(
    'sends only what is new, on the same sid: %j',
    async (hint) => {
      const world = await startWorld(stateful);
      await say(world, [user('one')], hint);
      await say(world, [user('one'), assistant('one'), user('two')], hint);
      await say(world, [user('one'), assistant('one'), user('two'), assistant('two'), user('three')], hint);
      expect(contents(world)).toEqual(['one', 'two', 'three']);
      expect(new Set(sids(world)).size).toBe(1);
      expect(world.sentOf('cleanup')).toEqual([]);
    },
  );

  it('takes its hint from the header too, on every surface', async () => {
    const world = await startWorld(stateful);
    const post = (messages: readonly Json[]) =>
      fetch(`${world.url}/api/chat`, {
        method: 'POST',
        headers: { 'x-hum-session': 's1' },
        body: JSON.stringify({ model: 'claude-sonnet-4', messages, stream: false }),
      }).then((response) => response.text());
    await post([user('one')]);
    await post([user('one'), assistant('one'), user('two')]);
    expect(contents(world)).toEqual(['one', 'two']);
  });

  it('is sent whole, under a fresh sid, when the client rewrote it', async () => {
    const world = await startWorld(stateful);
    const hint = { prompt_cache_key: 'p1' };
    await say(world, [user('one')], hint);
    await say(world, [user('other'), assistant('one'), user('two')], hint);
    expect(new Set(sids(world)).size).toBe(2);
    expect(contents(world)[1]).toContain('<turn role="user">\nother\n</turn>');
    expect(world.sentOf('cleanup')).toEqual([]);
  });

  it('never meets that of another key', async () => {
    const world = await startWorld({ ...stateful, env: { OLLAMA_SERVER_API_KEY: 'one,two' } });
    const hint = { prompt_cache_key: 'p1' };
    await say(world, [user('one')], hint, 'one');
    await say(world, [user('one'), assistant('one'), user('two')], hint, 'two');
    expect(new Set(sids(world)).size).toBe(2);
  });

  it('does not wait for a turn that still runs: it is sent whole', async () => {
    const world = await startWorld(stateful);
    const hint = { prompt_cache_key: 'p1' };
    const running = say(world, [user(script({ n: 30, ms: 10 }))], hint);
    await eventually(() => expect(world.daemon().openSids()).toHaveLength(1));
    expect(await say(world, [user('two')], hint)).toBe('two');
    await running;
    expect(new Set(sids(world)).size).toBe(2);
    expect(world.sentOf('cleanup')).toEqual([]);
  });

  it('is resumed with the first request after a reconnect', async () => {
    const world = await startWorld(stateful);
    const hint = { prompt_cache_key: 'p1' };
    await say(world, [user('one')], hint);
    world.daemon().disconnectAll();
    await eventually(() => expect(world.bridge.nest.link()).toBe('down'));
    await say(world, [user('one'), assistant('one'), user('two')], hint);
    await say(world, [user('one'), assistant('one'), user('two'), assistant('two'), user('three')], hint);
    expect(world.sentOf('prompt').map((tone) => tone['resume'])).toEqual([
      undefined,
      `nest-${sids(world)[0]}`,
      undefined,
    ]);
    expect(contents(world)).toEqual(['one', 'two', 'three']);
  });

  it('is forgotten after a fault', async () => {
    const world = await startWorld(stateful);
    const hint = { prompt_cache_key: 'p1' };
    const broken = {
      model: 'claude-sonnet-4',
      messages: [user(script({ error: { message: 'no' } }))],
      ...hint,
    };
    await world.post('/v1/chat/completions', broken);
    await say(world, [user('two')], hint);
    expect(new Set(sids(world)).size).toBe(2);
    expect(world.sentOf('cleanup').map((tone) => tone.sid)).toEqual([sids(world)[0]]);
  });
});

describe('a conversation with a hint, on a worker that does not remember', () => {
  it('is sent whole every time, under fresh sids that are cleaned up', async () => {
    const world = await startWorld();
    await say(world, [user('one')], { prompt_cache_key: 'p1' });
    await say(world, [user('one'), assistant('one'), user('two')], { prompt_cache_key: 'p1' });
    expect(new Set(sids(world)).size).toBe(2);
    expect(contents(world)[1]).toContain('<turn role="assistant">\none\n</turn>');
    await eventually(() => expect(world.sentOf('cleanup')).toHaveLength(2));
  });
});

describe('a history that the model cannot read', () => {
  const env = { OLLAMA_SERVER_CONTEXT_LENGTH: '50' };
  const long = 'x'.repeat(120);

  it('is refused under /v1 before anything is sent', async () => {
    const world = await startWorld({ env });
    const messages = [user(long), assistant(long), user('hi')];
    const response = await world.post('/v1/chat/completions', { model: 'claude-sonnet-4', messages });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'context_length_exceeded', param: 'messages' },
    });
    expect(world.sent).toEqual([]);
  });

  it('loses its oldest turns on /api/chat, unless truncate is false', async () => {
    const world = await startWorld({ env });
    const messages = [user(long), assistant(long), user('hi')];
    const body = { model: 'claude-sonnet-4', messages, stream: false };
    expect(await (await world.post('/api/chat', body)).json()).toMatchObject({ message: { content: 'hi' } });
    expect(contents(world)).toEqual(['hi']);
    expect((await world.post('/api/chat', { ...body, truncate: false })).status).toBe(400);
  });
});

describe('the context of /api/generate', () => {
  it('carries the conversation over a restart of everything', async () => {
    const generate = async (body: Json) => {
      const world = await startWorld();
      const response = await world.post('/api/generate', {
        model: 'claude-sonnet-4',
        stream: false,
        ...body,
      });
      return { answer: Object(await response.json()), prompt: contents(world)[0] };
    };
    const first = await generate({ prompt: 'one' });
    const second = await generate({ prompt: 'two', context: first.answer.context });
    expect(second.prompt).toContain(
      '<turn role="user">\none\n</turn>\n<turn role="assistant">\none\n</turn>\n\ntwo',
    );
    const third = await generate({ prompt: 'three', context: second.answer.context });
    expect(third.prompt).toContain('<turn role="assistant">\ntwo\n</turn>\n\nthree');
  });
});

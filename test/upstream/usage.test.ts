/** What turns at a server cost, as the books of the bridge have it. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { at } from '../front-door/ask-surfaces.js';
import { chat, startUpstreamWorld, type UpstreamWorld } from './upstream-world.js';

const COUNTED = {
  prompt_tokens: 100,
  completion_tokens: 20,
  prompt_tokens_details: { cached_tokens: 60 },
  completion_tokens_details: { reasoning_tokens: 15 },
};

async function rows({ url }: UpstreamWorld): Promise<unknown> {
  return at(await (await fetch(`${url}/v1/usage`)).json(), 'data');
}

describe('the usage of turns at a server', () => {
  it('is the server’s, under one name of a model however it was spelt', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => answer.delta({ content: 'fine' }).finish('stop', COUNTED);
    for (const model of ['llama3', 'llama3:latest', 'LLAMA3'])
      expect((await world.post('/api/chat', chat('?', { model, stream: false }))).status).toBe(200);
    await eventually(async () =>
      expect(await rows(world)).toMatchObject([
        {
          model: 'llama3',
          turns: 3,
          prompt_tokens: 300,
          completion_tokens: 60,
          cached_tokens: 180,
          reasoning_tokens: 45,
          estimated_turns: 0,
        },
      ]),
    );
  });

  it('counts what was streamed to a client that left, as an estimate', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => answer.delta({ content: 'x'.repeat(400) });
    const controller = new AbortController();
    const response = await world.post('/api/chat', chat('y'.repeat(800)), controller.signal);
    await response.body?.getReader().read();
    controller.abort();
    await eventually(async () =>
      expect(await rows(world)).toMatchObject([
        { turns: 1, prompt_tokens: 200, completion_tokens: 100, estimated_turns: 1 },
      ]),
    );
  });

  it('counts nothing of a turn that was refused', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => answer.refuse(429, { error: { message: 'slow down' } });
    await (await world.post('/api/chat', chat('?'))).text();
    await eventually(async () =>
      expect(await rows(world)).toMatchObject([{ failed_turns: 1, prompt_tokens: 0, completion_tokens: 0 }]),
    );
  });

  it('is estimated from system text, history and tools where the server does not count', async () => {
    const world = await startUpstreamWorld();
    const messages = [
      { role: 'system', content: 's'.repeat(400) },
      { role: 'user', content: 'u'.repeat(400) },
      { role: 'assistant', content: 'a'.repeat(400) },
      { role: 'user', content: 'u'.repeat(400) },
    ];
    const body = { model: 'llama3', messages };
    const plain: unknown = await (await world.post('/v1/chat/completions', body)).json();
    expect(at(plain, 'usage', 'prompt_tokens')).toBe(400);
    const tools = [
      { type: 'function', function: { name: 'look', description: 'd'.repeat(400), parameters: {} } },
    ];
    const more: unknown = await (await world.post('/v1/chat/completions', { ...body, tools })).json();
    expect(Number(at(more, 'usage', 'prompt_tokens'))).toBeGreaterThanOrEqual(500);
  });

  it.each([-1, 1.5, 1e12, 'many', null])('is not reported where it is no count: %j', async (count) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) =>
      answer.delta({ content: 'fine' }).finish('stop', { prompt_tokens: count, completion_tokens: 20 });
    const answer: unknown = await (
      await world.post('/v1/chat/completions', chat('four words of text'))
    ).json();
    expect(at(answer, 'usage')).toMatchObject({ prompt_tokens: 5, completion_tokens: 20 });
  });
});

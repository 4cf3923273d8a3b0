import { describe, expect, it } from 'vitest';
import { chat, script, startWorld } from './world.js';

const today = new Date().toISOString().slice(0, 10);

describe('GET /v1/usage', () => {
  it('sums the turns of every surface up, by day, key and model', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'one,two' } });
    const post = (path: string, key: string, body: unknown) =>
      fetch(world.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      }).then((response) => response.text());
    const say = script({ say: ['a'] });
    await post('/api/chat', 'one', chat(say, { stream: false }));
    await post('/v1/chat/completions', 'one', chat(say));
    await post('/v1/responses', 'one', { model: 'claude-sonnet-4', input: say });
    await post('/v1/messages', 'two', { ...chat(say), max_tokens: 5 });
    await post('/api/chat', 'two', chat(script({ error: { message: 'no' } }), { stream: false }));
    const response = await fetch(`${world.url}/v1/usage`, { headers: { authorization: 'Bearer two' } });
    const { data, ...list } = Object(await response.json());
    expect(list).toEqual({ object: 'list', from: today, to: today });
    const row = {
      object: 'usage',
      day: today,
      model: 'claude-sonnet-4',
      key_id: expect.stringMatching(/^[0-9a-f]{8}$/),
    };
    expect(data).toHaveLength(2);
    expect(data).toEqual(
      expect.arrayContaining([
        {
          ...row,
          turns: 3,
          failed_turns: 0,
          prompt_tokens: 42,
          completion_tokens: 21,
          cached_tokens: 9,
          estimated_turns: 0,
        },
        {
          ...row,
          turns: 2,
          failed_turns: 1,
          prompt_tokens: 14,
          completion_tokens: 7,
          cached_tokens: 3,
          estimated_turns: 0,
        },
      ]),
    );
  });

  it('refuses what is no day', async () => {
    const world = await startWorld();
    const response = await fetch(`${world.url}/v1/usage?from=yesterday`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'from', code: 'invalid_value' } });
  });
});

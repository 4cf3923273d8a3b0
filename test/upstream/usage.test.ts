/** What turns at a server cost, as the books of the bridge have it. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { ASKS, at, toAnswer } from '../front-door/ask-surfaces.js';
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

  it.each(ASKS)(
    'counts what was streamed to a client that left, as an estimate: $how',
    async ({ surface, stream }) => {
      const world = await startUpstreamWorld();
      const { upstream, said, post } = world;
      upstream.onChat = (answer) => {
        if (upstream.chats.length === 1) answer.delta({ content: 'x'.repeat(400) });
        else answer.delta({ content: 'fine' }).finish('stop', COUNTED);
      };
      const controller = new AbortController();
      const asked = post(surface.path, surface.body('llama3', 'y'.repeat(800), stream), controller.signal);
      const left = expect(asked.then((response) => response.text())).rejects.toThrow();
      await eventually(() => expect(said.map(({ chunkType }) => chunkType)).toContain('text_delta'));
      // What comes behind it on the same socket: the bridge has read the first one by then.
      await post('/api/chat', chat('?', { stream: false }));
      controller.abort();
      await left;
      await eventually(async () =>
        expect(await rows(world)).toMatchObject([
          { turns: 2, prompt_tokens: 300, completion_tokens: 120, estimated_turns: 1 },
        ]),
      );
    },
  );

  it.each(ASKS)('counts what came before an error, as an estimate: $how', async ({ surface, stream }) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => {
      answer.delta({ content: 'x'.repeat(400) }).chunk({ error: { message: 'the GPU is gone' } });
      answer.response.end();
    };
    await (await world.post(surface.path, surface.body('llama3', 'y'.repeat(800), stream))).text();
    await eventually(async () =>
      expect(await rows(world)).toMatchObject([
        { failed_turns: 1, prompt_tokens: 200, completion_tokens: 100, estimated_turns: 1 },
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

  it.each(ASKS)('is not reported where it is no count: $how', async ({ surface, stream }) => {
    const world = await startUpstreamWorld();
    for (const count of [
      '-1',
      '1.5',
      '1e12',
      '1e300',
      '"7"',
      '"many"',
      'null',
      '[]',
      'true',
      '-0.0001',
      '1000000001',
    ]) {
      world.upstream.onChat = (answer) => {
        answer.delta({ content: 'four words of text' });
        answer.chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
        const usage = `{"prompt_tokens":${count},"completion_tokens":${count},"prompt_tokens_details":{"cached_tokens":${count}},"completion_tokens_details":{"reasoning_tokens":${count}}}`;
        answer.response.end(`data: {"choices":[],"usage":${usage}}\n\ndata: [DONE]\n\n`);
      };
      const answer = await toAnswer(
        await world.post(surface.path, surface.body('llama3', 'four words of text', stream)),
      );
      expect(counts(surface.usage(answer)), count).toEqual([5, 5, 0, 0]);
    }
  });

  it.each(ASKS)(
    'is the server’s where one of the two is missing, or both are known: $how',
    async ({ surface, stream }) => {
      const world = await startUpstreamWorld();
      for (const [usage, wanted] of [
        [{ prompt_tokens: 100 }, [100, 5, 0, 0]],
        [{ completion_tokens: 20 }, [5, 20, 0, 0]],
        [{ input_tokens: 100, output_tokens: 20 }, [100, 20, 0, 0]],
        [{ prompt_tokens: 100, completion_tokens: 20, prompt_cache_hit_tokens: 60 }, [100, 20, 60, 0]],
        [
          { prompt_tokens: 100, completion_tokens: 20, cached_tokens: 60, reasoning_tokens: 9 },
          [100, 20, 60, 9],
        ],
        [{ ...COUNTED, prompt_tokens_details: null, completion_tokens_details: null }, [100, 20, 0, 0]],
        [COUNTED, [100, 20, 60, 15]],
      ] as const) {
        world.upstream.onChat = (answer) =>
          answer.delta({ content: 'four words of text' }).finish('stop', usage);
        const answer = await toAnswer(
          await world.post(surface.path, surface.body('llama3', 'four words of text', stream)),
        );
        const [prompt, completion, cached, reasoning] = counts(surface.usage(answer));
        const hasDetails = surface.name !== 'ollama';
        expect([prompt, completion], JSON.stringify(usage)).toEqual(wanted.slice(0, 2));
        if (hasDetails) expect([cached, reasoning], JSON.stringify(usage)).toEqual(wanted.slice(2));
      }
    },
  );

  it.each(['choice', 'x_groq', 'with the finish', 'after each piece'])(
    'is read where servers put it: %s',
    async (where) => {
      const world = await startUpstreamWorld();
      world.upstream.onChat = (answer) => {
        const finish = { index: 0, delta: {}, finish_reason: 'stop' };
        if (where === 'after each piece')
          for (const completion_tokens of [1, 2])
            answer.chunk({
              choices: [{ index: 0, delta: { content: 'fine' }, finish_reason: null }],
              usage: { prompt_tokens: 100, completion_tokens },
            });
        else answer.delta({ content: 'fine' });
        if (where === 'choice') answer.chunk({ choices: [{ ...finish, usage: COUNTED }] });
        else if (where === 'x_groq') answer.chunk({ choices: [finish], x_groq: { usage: COUNTED } });
        else answer.chunk({ choices: [finish], usage: COUNTED });
        answer.response.end('data: [DONE]\n\n');
      };
      const answer: unknown = await (await world.post('/v1/chat/completions', chat('?'))).json();
      expect(at(answer, 'usage')).toMatchObject({ prompt_tokens: 100, completion_tokens: 20 });
    },
  );
});

/** Prompt, completion, cached and reasoning tokens in the words of any surface. */
function counts(usage: Readonly<Record<string, unknown>>): readonly number[] {
  const number = (...values: readonly unknown[]) => Number(values.find((value) => value != null) ?? 0);
  const cached = number(
    at(usage, 'prompt_tokens_details', 'cached_tokens'),
    at(usage, 'input_tokens_details', 'cached_tokens'),
    usage['cache_read_input_tokens'],
  );
  // Anthropic counts apart what was read from a cache.
  const apart = number(usage['cache_read_input_tokens']) + number(usage['cache_creation_input_tokens']);
  return [
    number(usage['prompt_eval_count'], usage['prompt_tokens'], usage['input_tokens']) + apart,
    number(usage['eval_count'], usage['completion_tokens'], usage['output_tokens']),
    cached,
    number(
      at(usage, 'completion_tokens_details', 'reasoning_tokens'),
      at(usage, 'output_tokens_details', 'reasoning_tokens'),
      at(usage, 'output_tokens_details', 'thinking_tokens'),
    ),
  ];
}

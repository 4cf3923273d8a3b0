import OpenAI, { APIError, BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const;

async function start(env: Readonly<Record<string, string>> = {}) {
  const bridge = await startEmbeddedBridge(env);
  return { bridge, openai: new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any', maxRetries: 0 }) };
}

const ask = (content: string) => ({
  model: 'claude-sonnet-4',
  messages: [{ role: 'user' as const, content }],
});

describe('npm openai', () => {
  it('creates a completion', async () => {
    const { openai } = await start();
    const answer = await openai.chat.completions.create(ask('Why is the sky blue?'));
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      model: 'claude-sonnet-4',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Why is the sky blue?', refusal: null },
          finish_reason: 'stop',
        },
      ],
    });
    expect(answer.usage?.total_tokens).toBe(
      (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0),
    );
  });

  it('streams, with usage only when asked and only at the end', async () => {
    const { openai } = await start();
    const steps = ask(script({ say: ['Hel', 'lo'] }));
    const chunks = [];
    const stream = await openai.chat.completions.create({
      ...steps,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello');
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.role).filter(Boolean)).toEqual(['assistant']);
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop']);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 14,
        completion_tokens: 7,
        total_tokens: 21,
        prompt_tokens_details: { cached_tokens: 3 },
      },
    });
    const plain = [];
    for await (const chunk of await openai.chat.completions.create({ ...steps, stream: true }))
      plain.push(chunk);
    expect(plain.filter((chunk) => 'usage' in chunk)).toEqual([]);
  });

  it('satisfies the strict .stream() helper, tools and all', async () => {
    const { openai } = await start();
    const calls = [
      { name: 'get_weather', args: { city: 'Paris' } },
      { name: 'get_weather', args: { city: 'Rome' } },
    ];
    const stream = openai.chat.completions.stream({
      ...ask(script({ say: ['Looking.'], tools: calls })),
      tools: [weather],
      stream_options: { include_usage: true },
    });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'Looking.',
        tool_calls: calls.map(({ name, args }) => ({
          type: 'function',
          function: { name, arguments: JSON.stringify(args) },
        })),
      },
    });
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('takes tool results back', async () => {
    const { openai } = await start();
    const question = ask(script({ tools: [{ name: 'get_weather', args: { city: 'Paris' } }] }));
    const first = await openai.chat.completions.create({ ...question, tools: [weather] });
    const message = first.choices[0]?.message;
    if (!message?.tool_calls?.[0]) expect.fail('no tool was called');
    expect(message.content).toBeNull();
    const result = { role: 'tool' as const, tool_call_id: message.tool_calls[0].id, content: '21C' };
    const second = await openai.chat.completions.create({
      ...question,
      messages: [...question.messages, message, result],
      tools: [weather],
    });
    expect(second.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '21C' } });
  });

  it('gives reasoning under both of its names', async () => {
    const { openai } = await start();
    const answer = await openai.chat.completions.create(ask(script({ reason: ['hm'], say: ['a'] })));
    expect(answer.choices[0]?.message).toMatchObject({
      content: 'a',
      reasoning: 'hm',
      reasoning_content: 'hm',
    });
  });

  it('lists and finds models, whose ids carry no tag', async () => {
    const { openai } = await start({ OLLAMA_SERVER_MODELS: 'claude-sonnet-4,org/name:7b' });
    const ids = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).toEqual(['claude-sonnet-4', 'claude-sonnet-4-6', 'echo', 'org/name:7b']);
    for (const id of [...ids, 'claude-sonnet-4:latest']) {
      expect(await openai.models.retrieve(id)).toMatchObject({ id, object: 'model' });
    }
    await expect(openai.models.retrieve('nope')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  it('throws the class that belongs to each error', async () => {
    const { openai } = await start();
    const missing = openai.chat.completions.create({ ...ask('hi'), model: 'nope' });
    await expect(missing).rejects.toBeInstanceOf(NotFoundError);
    await expect(missing).rejects.toMatchObject({ code: 'model_not_found', type: 'invalid_request_error' });
    const wrong = openai.chat.completions.create({ ...ask('hi'), temperature: JSON.parse('"hot"') });
    await expect(wrong).rejects.toBeInstanceOf(BadRequestError);
    await expect(wrong).rejects.toMatchObject({ param: 'temperature', code: 'invalid_type' });
    const error = { message: 'credit balance is too low', code: 'worker_error' };
    const failed = openai.chat.completions.create(ask(script({ error })));
    await expect(failed).rejects.toBeInstanceOf(InternalServerError);
    const stream = await openai.chat.completions.create({
      ...ask(script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error })),
      stream: true,
    });
    const texts: string[] = [];
    const reading = (async () => {
      for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? '');
    })();
    await expect(reading).rejects.toBeInstanceOf(APIError);
    expect(texts.join('')).toBe('a');
  });

  it.each([true, false])('stops the worker when it aborts, stream: %s', async (stream) => {
    const { bridge, openai } = await start();
    const controller = new AbortController();
    const pending = openai.chat.completions.create(
      { ...ask(script({ n: 10_000, ms: 5 })), stream },
      { signal: controller.signal },
    );
    await eventually(() => expect(bridge.nest.runningTurns).toBe(1));
    if (stream) await pending;
    controller.abort();
    if (!stream) await expect(pending).rejects.toThrow('abort');
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });

  it('is asked for the key that is configured', async () => {
    const { bridge, openai } = await start({ OLLAMA_SERVER_API_KEY: 'first, second' });
    await expect(openai.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    const knowing = new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'second', maxRetries: 0 });
    expect((await knowing.models.list()).data.length).toBeGreaterThan(0);
  });
});

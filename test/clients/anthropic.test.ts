import Anthropic, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
} from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'Weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

async function start(env: Readonly<Record<string, string>> = {}) {
  const bridge = await startEmbeddedBridge(env);
  return { bridge, anthropic: new Anthropic({ baseURL: bridge.url, apiKey: 'any', maxRetries: 0 }) };
}

const ask = (content: string) => ({
  model: 'claude-sonnet-4',
  max_tokens: 1000,
  messages: [{ role: 'user' as const, content }],
});

/** The results that a client sends back for the calls of a message. */
function resultsFor({ content }: Anthropic.Message): Anthropic.MessageParam {
  const calls = content.filter((block) => block.type === 'tool_use');
  return {
    role: 'user',
    content: calls.map(({ id, input }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: `${Object(input).city}: 21C`,
    })),
  };
}

describe('npm @anthropic-ai/sdk', () => {
  it('creates a message', async () => {
    const { anthropic } = await start();
    const message = await anthropic.messages.create({ ...ask('Why is the sky blue?'), system: 'be brief' });
    expect(message).toMatchObject({
      id: expect.stringMatching(/^msg_[0-9a-f]{24}$/),
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4',
      content: [{ type: 'text', text: 'Why is the sky blue?' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      _request_id: expect.stringMatching(/^req_/),
    });
    expect(message.usage.output_tokens).toBeGreaterThan(0);
  });

  it('counts what was read from a cache apart from the input', async () => {
    const { anthropic } = await start();
    const { usage } = await anthropic.messages.create(ask(script({ say: ['a'] })));
    expect(usage).toMatchObject({ input_tokens: 11, cache_read_input_tokens: 3, output_tokens: 7 });
  });

  it('is told that the limit was reached', async () => {
    const { anthropic } = await start();
    const message = await anthropic.messages.create({ ...ask('one two three'), max_tokens: 2 });
    expect(message).toMatchObject({ content: [{ text: 'one two' }], stop_reason: 'max_tokens' });
  });

  it('streams raw events', async () => {
    const { anthropic } = await start();
    const types: string[] = [];
    const stream = await anthropic.messages.create({ ...ask(script({ say: ['Hel', 'lo'] })), stream: true });
    for await (const event of stream) types.push(event.type);
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('satisfies the .stream() helper, thoughts and tools and all', async () => {
    const { anthropic } = await start();
    const calls = [
      { name: 'get_weather', args: { city: 'Paris' } },
      { name: 'get_weather', args: { city: 'Rome' } },
    ];
    const texts: string[] = [];
    const stream = anthropic.messages
      .stream({ ...ask(script({ reason: ['hm'], say: ['Look', 'ing.'], tools: calls })), tools: [weather] })
      .on('text', (text) => texts.push(text));
    expect(await stream.finalMessage()).toMatchObject({
      content: [
        { type: 'thinking', thinking: 'hm', signature: '' },
        { type: 'text', text: 'Looking.' },
        ...calls.map(({ name, args }) => ({ type: 'tool_use', name, input: args })),
      ],
      stop_reason: 'tool_use',
    });
    expect(texts).toEqual(['Look', 'ing.']);
  });

  it('thinks when asked to', async () => {
    const { anthropic } = await start();
    const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
    const { content } = await anthropic.messages.create({ ...ask('hi'), thinking });
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    const silent = await anthropic.messages.create({ ...ask('hi'), thinking: { type: 'disabled' } });
    expect(silent.content.map(({ type }) => type)).toEqual(['text']);
  });

  it.each([
    ['one call', ['Paris']],
    ['two calls at once', ['Paris', 'Rome']],
  ])('sends the results of %s back', async (_, cities) => {
    const { anthropic } = await start();
    const calls = cities.map((city) => ({ name: 'get_weather', args: { city } }));
    const question = ask(script({ tools: calls }));
    const first = await anthropic.messages.create({ ...question, tools: [weather] });
    expect(first.stop_reason).toBe('tool_use');
    expect(first.content).toMatchObject(cities.map((city) => ({ type: 'tool_use', input: { city } })));
    const second = await anthropic.messages.create({
      ...question,
      messages: [...question.messages, { role: 'assistant', content: first.content }, resultsFor(first)],
      tools: [weather],
    });
    expect(second).toMatchObject({
      content: [{ type: 'text', text: `${cities.at(-1)}: 21C` }],
      stop_reason: 'end_turn',
    });
  });

  it('is given one call where it wants only one', async () => {
    const { anthropic } = await start();
    const calls = ['Paris', 'Rome'].map((city) => ({ name: 'get_weather', args: { city } }));
    const message = await anthropic.messages.create({
      ...ask(script({ tools: calls })),
      tools: [weather],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
    expect(message.content).toMatchObject([{ type: 'tool_use', input: { city: 'Paris' } }]);
  });

  it.each([true, false])('runs tools by itself, stream: %s', async (stream) => {
    const { anthropic } = await start();
    const getWeather = betaTool({
      name: 'get_weather',
      description: 'Weather of a city',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      run: ({ city }) => `${city}: 21C`,
    });
    const question = script({ tools: [{ name: 'get_weather', args: { city: 'Paris' } }] });
    const runner = anthropic.beta.messages.toolRunner({ ...ask(question), tools: [getWeather], stream });
    expect((await runner.runUntilDone()).content).toMatchObject([{ type: 'text', text: 'Paris: 21C' }]);
  });

  it('parses an answer in a format', async () => {
    const { anthropic } = await start();
    const format = zodOutputFormat(z.object({ city: z.string() }));
    const message = await anthropic.messages.parse({
      ...ask(script({ say: ['Here: ```json\n{"ci', 'ty":"Paris"}\n```'] })),
      output_config: { format },
    });
    expect(message.parsed_output).toEqual({ city: 'Paris' });
  });

  it('speaks through its beta methods too', async () => {
    const { anthropic } = await start();
    const message = await anthropic.beta.messages.create({ ...ask('hi'), betas: ['any-2025-01-01'] });
    expect(message.content).toMatchObject([{ type: 'text', text: 'hi' }]);
    expect(await anthropic.beta.messages.countTokens(ask('hi'))).toMatchObject({ input_tokens: 1 });
  });

  it('counts tokens', async () => {
    const { anthropic } = await start();
    const { model, messages } = ask('x'.repeat(400));
    expect(await anthropic.messages.countTokens({ model, messages })).toEqual({ input_tokens: 100 });
    const more = await anthropic.messages.countTokens({
      model,
      messages,
      tools: [weather],
      system: 'be brief',
    });
    expect(more.input_tokens).toBeGreaterThan(110);
    await expect(anthropic.messages.countTokens({ model: 'nope', messages })).rejects.toBeInstanceOf(
      NotFoundError,
    );
  });

  it('throws the class that belongs to each error', async () => {
    const { anthropic } = await start();
    const missing = anthropic.messages.create({ ...ask('hi'), model: 'nope' });
    await expect(missing).rejects.toBeInstanceOf(NotFoundError);
    await expect(missing).rejects.toMatchObject({
      type: 'not_found_error',
      apiMessage: 'model: nope',
      requestID: expect.stringMatching(/^req_/),
    });
    const wrong = anthropic.messages.create({ ...ask('hi'), max_tokens: -1 });
    await expect(wrong).rejects.toBeInstanceOf(BadRequestError);
    await expect(wrong).rejects.toMatchObject({ type: 'invalid_request_error' });
    const error = { message: 'credit balance is too low', code: 'worker_error' };
    await expect(anthropic.messages.create(ask(script({ error })))).rejects.toBeInstanceOf(
      InternalServerError,
    );
    const steps = script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error });
    const texts: string[] = [];
    const stream = anthropic.messages.stream(ask(steps)).on('text', (text) => texts.push(text));
    const failed = stream.finalMessage();
    await expect(failed).rejects.toBeInstanceOf(APIError);
    await expect(failed).rejects.toMatchObject({
      apiMessage: 'credit balance is too low',
      type: 'api_error',
    });
    expect(texts).toEqual(['a']);
  });

  it.each([true, false])('stops the worker when it aborts, stream: %s', async (stream) => {
    const { bridge, anthropic } = await start();
    const controller = new AbortController();
    const pending = anthropic.messages.create(
      { ...ask(script({ n: 10_000, ms: 5 })), stream },
      { signal: controller.signal },
    );
    await eventually(() => expect(bridge.nest.runningTurns).toBe(1));
    if (stream) await pending;
    controller.abort();
    if (!stream) await expect(pending).rejects.toBeInstanceOf(APIUserAbortError);
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });

  it('is asked for the key that is configured', async () => {
    const { bridge, anthropic } = await start({ OLLAMA_SERVER_API_KEY: 'first, second' });
    await expect(anthropic.messages.create(ask('hi'))).rejects.toBeInstanceOf(AuthenticationError);
    const options = { baseURL: bridge.url, maxRetries: 0 };
    for (const credentials of [{ apiKey: 'second' }, { apiKey: null, authToken: 'first' }]) {
      const knowing = new Anthropic({ ...options, ...credentials });
      expect((await knowing.messages.create(ask('hi'))).content).toMatchObject([{ text: 'hi' }]);
    }
  });
});

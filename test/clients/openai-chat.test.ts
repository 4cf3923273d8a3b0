/** What `openai.test.ts` leaves open of the official client's chats. */
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { LengthFinishReasonError } from 'openai/core/error';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

async function start() {
  const bridge = await startEmbeddedBridge();
  return { bridge, openai: new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any', maxRetries: 0 }) };
}

const ask = (content: string) => ({
  model: 'claude-sonnet-4',
  messages: [{ role: 'user' as const, content }],
});

const Answer = z.object({ answer: z.int(), unit: z.string() });
const response_format = zodResponseFormat(Answer, 'answer');
const forty = JSON.stringify({ answer: 42, unit: 'km' });

describe('npm openai: structured answers', () => {
  it('parses what a chatty model says', async () => {
    const { openai } = await start();
    const say = ['Sure, here you are:\n```json\n', forty, '\n```\nAnything else?'];
    const answer = await openai.chat.completions.parse({ ...ask(script({ say })), response_format });
    expect(answer.choices[0]?.message.parsed).toEqual({ answer: 42, unit: 'km' });
  });

  it('parses a stream, which carries nothing but the JSON', async () => {
    const { openai } = await start();
    const say = ['Sure: ', forty.slice(0, 9), forty.slice(9), ' Done.'];
    const stream = openai.chat.completions.stream({ ...ask(script({ say })), response_format });
    const deltas: string[] = [];
    stream.on('content.delta', ({ delta }) => deltas.push(delta));
    const answer = await stream.finalChatCompletion();
    expect(deltas.join('')).toBe(forty);
    expect(answer.choices[0]?.message.parsed).toEqual({ answer: 42, unit: 'km' });
  });

  it('is not given JSON that does not fit, streamed or whole', async () => {
    const { openai } = await start();
    const body = { ...ask(script({ say: ['{"answer":"many","unit":"km"}'] })), response_format };
    await expect(openai.chat.completions.parse(body)).rejects.toMatchObject({
      status: 502,
      param: 'response_format',
    });
    const streaming = openai.chat.completions.stream(body).finalChatCompletion();
    await expect(streaming).rejects.toMatchObject({ param: 'response_format' });
  });

  it('is told of a schema that is none', async () => {
    const { openai } = await start();
    const schema = { type: 'integr' };
    const wrong = openai.chat.completions.create({
      ...ask('hi'),
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    await expect(wrong).rejects.toBeInstanceOf(BadRequestError);
    await expect(wrong).rejects.toMatchObject({ param: 'response_format' });
  });

  it('gets any JSON object where it asks for no schema', async () => {
    const { openai } = await start();
    const answer = await openai.chat.completions.create({
      ...ask(script({ say: ['```\n{"a": [1]}\n```'] })),
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ a: [1] });
  });

  it('throws its own error for JSON that was cut', async () => {
    const { openai } = await start();
    const body = { ...ask(script({ say: ['{"answer":'], finish: 'max_tokens' })), response_format };
    await expect(openai.chat.completions.parse(body)).rejects.toBeInstanceOf(LengthFinishReasonError);
  });
});

describe('npm openai: tools', () => {
  const weather = zodFunction({
    name: 'get_weather',
    parameters: z.object({ city: z.string() }),
    function: ({ city }) => `${city}: 21C`,
  });
  const question = script({
    tools: [{ name: 'get_weather', args: { city: 'Paris' } }],
    then: ['Paris: 21C'],
  });

  it.each([false, true])('runs them to the end, stream: %s', async (stream) => {
    const { openai } = await start();
    const body = { ...ask(question), tools: [weather] };
    const runner = stream
      ? openai.chat.completions.runTools({ ...body, stream: true })
      : openai.chat.completions.runTools(body);
    expect(await runner.finalContent()).toBe('Paris: 21C');
    expect(runner.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(await runner.finalFunctionToolCallResult()).toBe('Paris: 21C');
  });

  it('parses their arguments, whole and streamed', async () => {
    const { openai } = await start();
    const body = { ...ask(question), tools: [weather] };
    const whole = await openai.chat.completions.parse(body);
    expect(whole.choices[0]?.message.tool_calls?.[0]?.function.parsed_arguments).toEqual({ city: 'Paris' });
    const streamed = await openai.chat.completions.stream(body).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls?.[0]?.function.parsed_arguments).toEqual({
      city: 'Paris',
    });
  });

  it('calls the one that it names', async () => {
    const { openai } = await start();
    const other = { type: 'function' as const, function: { name: 'other' } };
    const answer = await openai.chat.completions.create({
      ...ask(question),
      tools: [weather, other],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'get_weather' } }] },
    });
  });

  it('calls none where none may be called', async () => {
    const { openai } = await start();
    const answer = await openai.chat.completions.create({
      ...ask('What is the weather?'),
      tools: [weather],
      tool_choice: 'none',
    });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'What is the weather?' },
    });
  });

  it('is given one call where it wants only one', async () => {
    const { openai } = await start();
    const tools = [1, 2].map((day) => ({ name: 'get_weather', args: { city: `Paris ${day}` } }));
    const answer = await openai.chat.completions.create({
      ...ask(script({ tools, toolsAsChunk: true })),
      tools: [weather],
      parallel_tool_calls: false,
    });
    expect(answer.choices[0]?.message.tool_calls).toHaveLength(1);
  });

  it('gets free text to a custom tool', async () => {
    const { openai } = await start();
    const answer = await openai.chat.completions.create({
      ...ask(script({ tools: [{ name: 'patch', args: { input: '*** Begin' } }] })),
      tools: [{ type: 'custom', custom: { name: 'patch' } }],
    });
    expect(answer.choices[0]?.message.tool_calls).toMatchObject([
      { type: 'custom', custom: { name: 'patch', input: '*** Begin' } },
    ]);
  });

  it.each([false, true])('calls functions of the older form, stream: %s', async (stream) => {
    const { openai } = await start();
    const body = {
      ...ask(question),
      functions: [{ name: 'get_weather', parameters: { type: 'object', properties: {} } }],
    };
    const answer = stream
      ? await openai.chat.completions.stream(body).finalChatCompletion()
      : await openai.chat.completions.create(body);
    const [choice] = answer.choices;
    expect(choice?.finish_reason).toBe('function_call');
    expect(choice?.message.function_call).toEqual({ name: 'get_weather', arguments: '{"city":"Paris"}' });
    if (!choice?.message.function_call) return;
    const next = await openai.chat.completions.create({
      ...body,
      messages: [
        ...body.messages,
        { role: 'assistant', content: null, function_call: choice.message.function_call },
        { role: 'function', name: 'get_weather', content: 'Paris: 21C' },
      ],
    });
    expect(next.choices[0]?.message.content).toBe('Paris: 21C');
  });
});

describe('npm openai: several answers', () => {
  it('come whole', async () => {
    const { openai } = await start();
    const answer = await openai.chat.completions.create({ ...ask('one two three'), n: 3 });
    expect(answer.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'one two three'],
      [1, 'one two three'],
      [2, 'one two three'],
    ]);
    expect(answer.usage?.completion_tokens).toBeGreaterThan(3);
  });

  it('come streamed, through the strict helper, with calls', async () => {
    const { openai } = await start();
    const tools = [{ name: 'f', args: { a: 1 } }];
    const stream = openai.chat.completions.stream({
      ...ask(script({ say: ['a', 'b', 'c'], ms: 2, tools, toolsAsChunk: true })),
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
      n: 4,
      stream_options: { include_usage: true },
    });
    const { choices, usage } = await stream.finalChatCompletion();
    expect(choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual(
      Array(4).fill(['abc', 'tool_calls']),
    );
    expect(choices.map(({ message }) => message.tool_calls?.length)).toEqual([1, 1, 1, 1]);
    expect(usage).toMatchObject({ prompt_tokens: 4 * 14, completion_tokens: 4 * 7 });
  });

  it('are all stopped when it aborts', async () => {
    const { bridge, openai } = await start();
    const stream = await openai.chat.completions.create({
      ...ask(script({ n: 10_000, ms: 5 })),
      n: 3,
      stream: true,
    });
    await eventually(() => expect(bridge.nest.runningTurns).toBe(3));
    stream.controller.abort();
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });

  it('are all stopped when one fails', async () => {
    const { bridge, openai } = await start();
    const failing = openai.chat.completions.create({ ...ask('hi'), model: 'nope', n: 3 });
    await expect(failing).rejects.toBeInstanceOf(NotFoundError);
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });
});

describe('npm openai: the rest of a chat', () => {
  it('stops where it is told to', async () => {
    const { openai } = await start();
    const answer = await openai.chat.completions.create({
      ...ask(script({ say: ['one ST', 'OP two'] })),
      stop: ['STOP'],
    });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'one ' } });
  });

  it('limits the tokens by either name', async () => {
    const { openai } = await start();
    for (const limit of [{ max_tokens: 2 }, { max_completion_tokens: 2 }]) {
      const answer = await openai.chat.completions.create({ ...ask('one two three four'), ...limit });
      expect(answer.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'one two' } });
    }
  });

  it('thinks, or not', async () => {
    const { openai } = await start();
    const thought = await openai.chat.completions.create({ ...ask('hi'), reasoning_effort: 'high' });
    expect(thought.choices[0]?.message).toHaveProperty('reasoning_content');
    const plain = await openai.chat.completions.create({ ...ask('hi'), reasoning_effort: 'none' });
    expect(plain.choices[0]?.message).not.toHaveProperty('reasoning_content');
  });

  it('is told what cannot be given to a model', async () => {
    const { openai } = await start();
    const audio = openai.chat.completions.create({
      model: 'claude-sonnet-4',
      messages: [
        {
          role: 'user',
          content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
        },
      ],
    });
    await expect(audio).rejects.toBeInstanceOf(BadRequestError);
    await expect(audio).rejects.toMatchObject({ param: 'messages[0].content[0]', code: 'unsupported_value' });
  });

  it('is told what is not offered', async () => {
    const { openai } = await start();
    const outcomes = await Promise.allSettled([
      openai.images.generate({ prompt: 'a cat' }),
      openai.files.list(),
      openai.moderations.create({ input: 'x' }),
      openai.batches.list(),
      openai.fineTuning.jobs.list(),
      openai.vectorStores.list(),
    ]);
    for (const outcome of outcomes) {
      const failed: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
      expect(failed).toBeInstanceOf(NotFoundError);
      expect(failed).toMatchObject({ message: expect.stringContaining('is not offered here') });
    }
  });
});

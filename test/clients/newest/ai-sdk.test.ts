/** The AI SDK's newest provider for OpenAI, which speaks the Responses API, with the `ai` that fits. */
import { createOpenAI, type OpenAILanguageModelResponsesOptions } from '@ai-sdk/openai';
import {
  APICallError,
  generateText,
  isStepCount,
  type ModelMessage,
  Output,
  streamText,
  ToolLoopAgent,
  tool,
} from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../eventually.js';
import { script, startWorld } from '../../front-door/world.js';

/** A name by which the provider knows that it reasons; the bridge has it mean its default model. */
const MODEL = 'gpt-5';
const city = z.object({ city: z.string() });
const paris = { name: 'get_weather', args: { city: 'Paris' } };
const rome = { name: 'get_weather', args: { city: 'Rome' } };
const weather = tool({
  description: 'Weather of a city',
  inputSchema: city,
  execute: async ({ city }) => `${city}: 21C`,
});
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The bodies that the provider sends, beside the world that it sends them to. */
async function start() {
  const world = await startWorld({ config: { defaultModel: 'claude-sonnet-4' } });
  const bodies: Readonly<Record<string, unknown>>[] = [];
  const openai = createOpenAI({
    baseURL: `${world.url}/v1`,
    apiKey: 'any',
    fetch: (url, init) => {
      bodies.push(JSON.parse(String(init?.body)));
      return fetch(url, init);
    },
  });
  const prompts = () => world.sentOf('prompt').map((tone) => String(tone['content']));
  return { world, openai, model: openai(MODEL), bodies, prompts };
}

const options = (openai: OpenAILanguageModelResponsesOptions) => ({
  providerOptions: { openai: JSON.parse(JSON.stringify(openai)) },
});

describe('a text', () => {
  it('comes whole, with its counts and the id of its response', async () => {
    const { model } = await start();
    const answer = await generateText({ model, instructions: 'Be brief.', prompt: 'Why is the sky blue?' });
    expect(answer.text).toBe('Why is the sky blue?');
    expect(answer.finishReason).toBe('stop');
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
    expect(answer.providerMetadata?.['openai']).toMatchObject({
      responseId: expect.stringMatching(/^resp_/),
    });
    expect(answer.warnings).toEqual([]);
  });

  it('comes streamed, each part begun and ended once', async () => {
    const { model } = await start();
    const result = streamText({ model, prompt: script({ reason: ['Let me ', 'see.'], say: ['Hel', 'lo'] }) });
    const types: string[] = [];
    for await (const part of result.fullStream) types.push(part.type);
    expect(await result.text).toBe('Hello');
    expect(await result.usage).toMatchObject({ inputTokens: 14, outputTokens: 7, totalTokens: 21 });
    expect(types.filter((type) => /^(text|reasoning)-(start|end)$/.test(type))).toEqual([
      'reasoning-start',
      'reasoning-end',
      'text-start',
      'text-end',
    ]);
    expect(types).not.toContain('error');
  });

  it('that is cut says so', async () => {
    const { model } = await start();
    const answer = await generateText({ model, prompt: 'one two three four', maxOutputTokens: 2 });
    expect(answer).toMatchObject({ text: 'one two', finishReason: 'length' });
  });
});

describe('reasoning', () => {
  it('is read as summaries, whole and streamed', async () => {
    const { model } = await start();
    const settings = {
      model,
      prompt: script({ reason: ['Let me ', 'see.'], say: ['Done.'] }),
      ...options({ reasoningEffort: 'low', reasoningSummary: 'auto' }),
    };
    expect((await generateText(settings)).reasoningText).toBe('Let me see.');
    const streamed = streamText(settings);
    expect(await streamed.text).toBe('Done.');
    expect(await streamed.reasoningText).toBe('Let me see.');
  });

  it('goes back sealed where nothing is stored', async () => {
    const { model, bodies } = await start();
    const prompt = script({ reason: ['Hm.'], tools: [paris] });
    const answer = await generateText({
      model,
      prompt,
      tools: { get_weather: weather },
      stopWhen: isStepCount(3),
      ...options({ store: false, reasoningSummary: 'auto' }),
    });
    expect(answer.text).toBe('Paris: 21C');
    expect(bodies[1]).toMatchObject({
      store: false,
      input: expect.arrayContaining([
        expect.objectContaining({ type: 'reasoning', encrypted_content: expect.any(String) }),
        expect.objectContaining({ type: 'function_call_output', output: 'Paris: 21C' }),
      ]),
    });
  });
});

describe.each([true, false])('tools, stored: %s', (store) => {
  it.each(['generateText', 'streamText'] as const)('run to the end: %s', async (how) => {
    const { model, bodies, world } = await start();
    const settings = {
      model,
      prompt: script({ reason: ['Hm.'], say: ['Looking.'], tools: [paris, rome] }),
      tools: { get_weather: weather },
      stopWhen: isStepCount(3),
      ...options({ store }),
    };
    const result = how === 'generateText' ? await generateText(settings) : streamText(settings);
    expect(await result.text).toContain('Rome: 21C');
    const steps = await result.steps;
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(steps[0]?.toolResults.map(({ output }) => output)).toEqual(['Paris: 21C', 'Rome: 21C']);
    expect(JSON.stringify(bodies[1]).includes('"item_reference"')).toBe(store);
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });

  it('are chosen, and a custom one is given its text', async () => {
    const { model, openai } = await start();
    const patched: string[] = [];
    const patch = openai.tools.customTool({
      description: 'Applies a patch',
      execute: async (text: string) => {
        patched.push(text);
        return 'patched';
      },
    });
    const tools = { get_weather: weather, patch };
    const call = { name: 'patch', args: { input: '*** Begin' } };
    const settings = { model, tools, stopWhen: isStepCount(3), ...options({ store }) };
    const answer = await generateText({ ...settings, prompt: script({ tools: [call] }) });
    expect(patched).toEqual(['*** Begin']);
    expect(answer.text).toBe('patched');
    const forced = await generateText({
      ...settings,
      prompt: script({ tools: [paris] }),
      toolChoice: 'required',
      stopWhen: isStepCount(1),
    });
    expect(forced.steps[0]?.toolCalls).toMatchObject([{ toolName: 'get_weather' }]);
    const free = await generateText({ ...settings, prompt: 'hi', toolChoice: 'none' });
    expect(free.text).toBe('hi');
  });

  it('that are loaded late are looked for', async () => {
    const { model, openai } = await start();
    const look = tool({
      description: 'Looks up an order',
      inputSchema: z.object({ id: z.string() }),
      execute: async ({ id }) => `order ${id}`,
      providerOptions: { openai: { deferLoading: true } },
    });
    const answer = await generateText({
      model,
      tools: {
        look_up: look,
        toolSearch: openai.tools.toolSearch({
          execution: 'client',
          description: 'Finds tools',
          parameters: { type: 'object', properties: { goal: { type: 'string' } } },
          execute: async () => ({
            tools: [
              {
                type: 'function',
                name: 'look_up',
                description: 'Looks up an order',
                parameters: { type: 'object', properties: { id: { type: 'string' } } },
                deferLoading: true,
              },
            ],
          }),
        }),
      },
      prompt: script({ tools: [{ name: 'tool_search', args: { goal: 'orders' } }] }),
      stopWhen: isStepCount(2),
      ...options({ store }),
    });
    expect(answer.steps[0]?.toolCalls).toMatchObject([{ toolName: 'toolSearch' }]);
    expect(answer.steps[0]?.toolResults).toHaveLength(1);
    expect(answer.steps).toHaveLength(2);
    expect(answer.finishReason).toBe('stop');
  });
});

it('an agent loops over its tools', async () => {
  const { model } = await start();
  const agent = new ToolLoopAgent({ model, instructions: 'Be brief.', tools: { get_weather: weather } });
  const result = await agent.stream({ prompt: script({ tools: [paris] }) });
  expect(await result.text).toBe('Paris: 21C');
});

describe('a conversation', () => {
  it('goes on from the response before', async () => {
    const { model, prompts, bodies } = await start();
    const first = await generateText({ model, prompt: 'My name is Ada.' });
    const responseId = String(first.providerMetadata?.['openai']?.['responseId']);
    const second = await generateText({
      model,
      prompt: 'Who am I?',
      ...options({ previousResponseId: responseId }),
    });
    expect(second.text).toBe('Who am I?');
    expect(prompts().at(-1)).toContain('My name is Ada.');
    expect(bodies[1]).toMatchObject({ previous_response_id: responseId });
  });

  it('goes on by its messages, referred to or sent', async () => {
    for (const store of [true, false]) {
      const { model, prompts } = await start();
      const messages: ModelMessage[] = [
        { role: 'user', content: script({ reason: ['Hm.'], say: ['Ada.'] }) },
      ];
      const first = await generateText({ model, messages, ...options({ store }) });
      messages.push(...first.response.messages, { role: 'user', content: 'Again?' });
      expect((await generateText({ model, messages, ...options({ store }) })).text).toBe('Again?');
      expect(prompts().at(-1)).toContain('Ada.');
    }
  });

  it('is compacted, and goes on from its summary', async () => {
    const { model, prompts } = await start();
    const messages: ModelMessage[] = [
      { role: 'user', content: 'Name the city.' },
      { role: 'assistant', content: 'Paris.' },
      { role: 'user', content: 'Remember it.' },
    ];
    const settings = options({ store: false, compactionTrigger: true });
    const compacted = await generateText({ model, messages, ...settings });
    expect(compacted.content).toMatchObject([{ type: 'custom', kind: 'openai.compaction' }]);
    const streamed = streamText({ model, messages, ...settings });
    const kinds: string[] = [];
    for await (const part of streamed.fullStream) if (part.type === 'custom') kinds.push(part.kind);
    expect(kinds).toEqual(['openai.compaction']);
    const next = await generateText({
      model,
      messages: [...compacted.response.messages, { role: 'user', content: 'Go on.' }],
      ...options({ store: false }),
    });
    expect(next.text).toBe('Go on.');
    expect(prompts().at(-1)).toContain('Summarise this conversation');
  });
});

it('images go to the worker, by their bytes and by their address', async () => {
  const { model, world } = await start();
  const messages: ModelMessage[] = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is it?' },
        { type: 'file', mediaType: 'image/png', data: PIXEL },
        { type: 'file', mediaType: 'image/png', data: new URL('https://example.com/a.png') },
      ],
    },
  ];
  expect((await generateText({ model, messages })).finishReason).toBe('stop');
  expect(world.sentOf('prompt').at(-1)?.['attachments']).toMatchObject([
    { mediaType: 'image/png' },
    { url: 'https://example.com/a.png' },
  ]);
});

it.each([false, true])('an output of a schema is checked, streamed: %s', async (stream) => {
  const { model } = await start();
  const output = Output.object({ schema: z.object({ answer: z.number() }) });
  const prompt = script({ say: ['Sure: ', '{"answer":', ' 42}', ' Anything else?'] });
  const answer = stream
    ? streamText({ model, prompt, output })
    : await generateText({ model, prompt, output });
  expect(await answer.output).toEqual({ answer: 42 });
});

describe('what goes wrong', () => {
  it('is an error in its own words before the answer', async () => {
    const { openai, model } = await start();
    const failed = generateText({ model, prompt: script({ error: { message: 'it broke' } }), maxRetries: 0 });
    await expect(failed).rejects.toSatisfy(APICallError.isInstance);
    await expect(failed).rejects.toMatchObject({ statusCode: 502, message: 'it broke' });
    const bad = generateText({ model, prompt: 'hi', ...options({ previousResponseId: 'resp_none' }) });
    await expect(bad).rejects.toMatchObject({ statusCode: 400 });
    expect(openai.responses(MODEL).modelId).toBe(MODEL);
  });

  it('ends a stream that runs', async () => {
    const { model } = await start();
    const errors: unknown[] = [];
    const result = streamText({
      model,
      prompt: script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error: { message: 'it broke' } }),
      onError: ({ error }) => void errors.push(error),
    });
    const texts: string[] = [];
    for await (const part of result.fullStream) if (part.type === 'text-delta') texts.push(part.text);
    expect(texts).toEqual(['a']);
    expect(await result.finishReason).toBe('error');
    expect(`${JSON.stringify(errors)}${errors}`).toContain('it broke');
  });

  it('may be its own abort, which stops the worker', async () => {
    const { model, world } = await start();
    const controller = new AbortController();
    const { textStream } = streamText({
      model,
      prompt: script({ n: 10_000, ms: 5 }),
      abortSignal: controller.signal,
    });
    for await (const _ of textStream) controller.abort();
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });
});

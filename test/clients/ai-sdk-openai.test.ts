import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embed, embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Bridge } from '../../src/run/bridge.js';
import { eventually } from '../eventually.js';
import { startEmbeddingBridge, vectorOf } from '../http/openai/embeddings/embedding-bee.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const MODEL = 'claude-sonnet-4';
const EMBEDDER = 'small-embedder';

const openai = (bridge: Bridge) => createOpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any' });
const compatible = (bridge: Bridge) =>
  createOpenAICompatible({
    name: 'hum',
    baseURL: `${bridge.url}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });

const clients = [
  {
    name: '@ai-sdk/openai',
    chat: (bridge: Bridge) => openai(bridge).chat(MODEL),
    completion: (bridge: Bridge) => openai(bridge).completion(MODEL),
    embedding: (bridge: Bridge) => openai(bridge).embeddingModel(EMBEDDER),
    readsReasoning: false,
  },
  {
    name: '@ai-sdk/openai-compatible',
    chat: (bridge: Bridge) => compatible(bridge).chatModel(MODEL),
    completion: (bridge: Bridge) => compatible(bridge).completionModel(MODEL),
    embedding: (bridge: Bridge) => compatible(bridge).embeddingModel(EMBEDDER),
    readsReasoning: true,
  },
];

const weather = tool({
  description: 'Weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `${city}: 21C`,
});
const question = script({
  tools: [{ name: 'get_weather', args: { city: 'Paris' } }],
  then: ['Paris: 21C'],
});

describe.each(clients)('$name', ({ chat, completion, embedding, readsReasoning }) => {
  it('generates text', async () => {
    const model = chat(await startEmbeddedBridge());
    const answer = await generateText({ model, prompt: 'Why is the sky blue?', system: 'Be brief.' });
    expect(answer.text).toBe('Why is the sky blue?');
    expect(answer.finishReason).toBe('stop');
    expect(answer.usage.outputTokens).toBeGreaterThan(0);
  });

  it('streams text, and counts the tokens once', async () => {
    const model = chat(await startEmbeddedBridge());
    const answer = streamText({ model, prompt: script({ reason: ['h', 'm'], say: ['Hel', 'lo'] }) });
    const pieces: string[] = [];
    for await (const piece of answer.textStream) pieces.push(piece);
    expect(pieces).toEqual(['Hel', 'lo']);
    expect(await answer.finishReason).toBe('stop');
    expect(await answer.usage).toMatchObject({ inputTokens: 14, outputTokens: 7, totalTokens: 21 });
    expect((await answer.reasoningText) ?? '').toBe(readsReasoning ? 'hm' : '');
  });

  it.each([false, true])('is given an object, stream: %s', async (stream) => {
    const model = chat(await startEmbeddedBridge());
    const output = Output.object({ schema: z.object({ answer: z.number() }) });
    const prompt = script({ say: ['Sure: ', '{"answer":', ' 42}', ' Anything else?'] });
    const answer = stream
      ? streamText({ model, prompt, output })
      : await generateText({ model, prompt, output });
    expect(await answer.output).toEqual({ answer: 42 });
  });

  it.each([false, true])('runs tools until it has an answer, stream: %s', async (stream) => {
    const model = chat(await startEmbeddedBridge());
    const options = { model, prompt: question, tools: { get_weather: weather }, stopWhen: stepCountIs(5) };
    const answer = stream ? streamText(options) : await generateText(options);
    expect(await answer.text).toBe('Paris: 21C');
    const steps = await answer.steps;
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(steps[0]?.toolResults).toMatchObject([{ toolName: 'get_weather', output: 'Paris: 21C' }]);
  });

  it('must call a tool, or may not', async () => {
    const model = chat(await startEmbeddedBridge());
    const tools = { get_weather: weather };
    for (const toolChoice of ['required', { type: 'tool', toolName: 'get_weather' }] as const) {
      const answer = await generateText({ model, prompt: question, tools, toolChoice });
      expect(answer.toolCalls).toMatchObject([{ toolName: 'get_weather', input: { city: 'Paris' } }]);
    }
    const free = await generateText({ model, prompt: 'hi', tools, toolChoice: 'none' });
    expect(free.text).toBe('hi');
  });

  it('shows an error in its own words, and does not try again what is permanent', async () => {
    const model = chat(await startEmbeddedBridge());
    const error = { message: 'credit balance is too low', code: 'worker_error' };
    const failed = generateText({ model, prompt: script({ error }), maxRetries: 0 });
    await expect(failed).rejects.toSatisfy(APICallError.isInstance);
    await expect(failed).rejects.toMatchObject({ statusCode: 502, message: 'credit balance is too low' });
  });

  it('is told of an error in the middle of a stream', async () => {
    const model = chat(await startEmbeddedBridge());
    const error = { message: 'credit balance is too low', code: 'worker_error' };
    const errors: unknown[] = [];
    const { fullStream } = streamText({
      model,
      prompt: script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error }),
      onError: (event) => {
        errors.push(event.error);
      },
    });
    const texts: string[] = [];
    for await (const part of fullStream) if (part.type === 'text-delta') texts.push(part.text);
    expect(texts).toEqual(['a']);
    expect(JSON.stringify(errors.map((each) => (each instanceof Error ? each.message : each)))).toContain(
      'credit balance is too low',
    );
  });

  it('stops the worker when it aborts', async () => {
    const bridge = await startEmbeddedBridge();
    const controller = new AbortController();
    const { textStream } = streamText({
      model: chat(bridge),
      prompt: script({ n: 10_000, ms: 5 }),
      abortSignal: controller.signal,
    });
    for await (const _ of textStream) controller.abort();
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });

  it.each([false, true])('completes text, stream: %s', async (stream) => {
    const model = completion(await startEmbeddedBridge());
    const options = { model, prompt: 'Once upon a time' };
    const answer = stream ? streamText(options) : await generateText(options);
    // The client writes the prompt as a transcript, and the echo worker repeats that.
    expect(await answer.text).toBe('user:\nOnce upon a time\n\nassistant:\n');
    expect(await answer.finishReason).toBe('stop');
  });

  it('embeds', async () => {
    const model = embedding(await startEmbeddingBridge());
    const one = await embed({ model, value: 'hello' });
    expect(one.embedding).toEqual(vectorOf('hello'));
    const many = await embedMany({ model, values: ['a', 'bb'] });
    expect(many.embeddings).toEqual([vectorOf('a'), vectorOf('bb')]);
    expect(many.usage.tokens).toBe(5);
  });
});

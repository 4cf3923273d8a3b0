/** The two Ollama providers of the AI SDK, each over its own client. */
import {
  embedMany,
  generateObject,
  generateText,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
  tool,
} from 'ai';
import { createOllama as createOllamaJsProvider } from 'ai-sdk-ollama';
import { createOllama as createFetchProvider } from 'ollama-ai-provider-v2';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { startWorld } from '../front-door/world.js';
import { EMBEDDING_MODEL, startEmbedder } from '../http/ollama/start-embedder.js';
import { script } from './embedded-bridge.js';

const MODEL = 'claude-sonnet-4';

const PROVIDERS = [
  ['ai-sdk-ollama', (url: string) => createOllamaJsProvider({ baseURL: url })],
  ['ollama-ai-provider-v2', (url: string) => createFetchProvider({ baseURL: `${url}/api` })],
] as const;

const person = z.object({ name: z.string(), age: z.number() });
const ADA = { name: 'Ada', age: 36 };
const asJson = script({ say: ['{"name":"Ada",', '"age":36}'] });

const getWeather = tool({
  description: 'Weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `${city}: 21C`,
});

describe.each(PROVIDERS)('%s', (_name, createProvider) => {
  async function start(model = MODEL): Promise<LanguageModel> {
    return createProvider((await startWorld()).url)(model);
  }

  it('generates text', async () => {
    const { text, finishReason, usage } = await generateText({
      model: await start(),
      system: 'be brief',
      prompt: 'Why is the sky blue?',
      temperature: 0,
    });
    expect(text).toBe('Why is the sky blue?');
    expect(finishReason).toBe('stop');
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it('streams text', async () => {
    const { textStream, finishReason, usage } = streamText({
      model: await start(),
      prompt: script({ say: ['Hel', 'lo'] }),
    });
    const texts: string[] = [];
    for await (const text of textStream) texts.push(text);
    expect(texts.join('')).toBe('Hello');
    expect(await finishReason).toBe('stop');
    expect(await usage).toMatchObject({ inputTokens: 14, outputTokens: 7 });
  });

  it('generates an object', async () => {
    const { object } = await generateObject({ model: await start(), schema: person, prompt: asJson });
    expect(object).toEqual(ADA);
  });

  it('generates an output that is an object', async () => {
    const output = Output.object({ schema: person });
    const answer = await generateText({ model: await start(), output, prompt: asJson });
    expect(answer.output).toEqual(ADA);
  });

  it('streams an object', async () => {
    const output = Output.object({ schema: person });
    const answer = streamText({ model: await start(), output, prompt: asJson });
    expect(await answer.output).toEqual(ADA);
  });

  it('calls a tool, and is answered with its result', async () => {
    const { steps, text } = await generateText({
      model: await start(),
      tools: { get_weather: getWeather },
      stopWhen: stepCountIs(2),
      prompt: script({ tools: [{ name: 'get_weather', args: { city: 'Paris' } }] }),
    });
    expect(steps[0]?.toolCalls).toMatchObject([{ toolName: 'get_weather', input: { city: 'Paris' } }]);
    expect(text).toContain('Paris: 21C');
  });

  it('streams a tool call', async () => {
    const { toolCalls, finishReason } = streamText({
      model: await start(),
      tools: { get_weather: getWeather },
      prompt: script({ say: ['Wait.'], tools: [{ name: 'get_weather', args: { city: 'Rome' } }] }),
    });
    expect(await toolCalls).toMatchObject([{ toolName: 'get_weather', input: { city: 'Rome' } }]);
    expect(await finishReason).toBe('tool-calls');
  });

  it('rejects for a model that is not there', async () => {
    const asking = generateText({ model: await start('nope'), prompt: 'hi', maxRetries: 0 });
    await expect(asking).rejects.toThrow(/nope|Not Found/);
  });

  it('embeds', async () => {
    const world = await startWorld();
    await startEmbedder(world.daemon().socketPath);
    const model = createProvider(world.url).embedding(EMBEDDING_MODEL);
    await eventually(async () => {
      const { embeddings } = await embedMany({ model, values: ['one', 'four'], maxRetries: 0 });
      expect(embeddings).toEqual([
        [3 / Math.sqrt(10), 1 / Math.sqrt(10), 0],
        [4 / Math.sqrt(17), 1 / Math.sqrt(17), 0],
      ]);
    });
  });
});

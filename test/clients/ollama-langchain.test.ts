import { HumanMessage, type ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOllama, Ollama, OllamaEmbeddings } from '@langchain/ollama';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { startWorld } from '../front-door/world.js';
import { EMBEDDING_MODEL, startEmbedder } from '../http/ollama/start-embedder.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const MODEL = 'claude-sonnet-4';
const Person = z.object({ name: z.string(), age: z.number() });
const ADA = { name: 'Ada', age: 36 };

async function startChat(fields: Partial<ConstructorParameters<typeof ChatOllama>[0]> = {}) {
  const bridge = await startEmbeddedBridge();
  return new ChatOllama({ model: MODEL, baseUrl: bridge.url, ...fields });
}

describe('@langchain/ollama', () => {
  it('checks that the model is there before it chats', async () => {
    const model = await startChat({ checkOrPullModel: true, keepAlive: '1h', temperature: 0, numCtx: 4096 });
    const answer = await model.invoke([['system', 'be brief'], new HumanMessage('Why is the sky blue?')]);
    expect(answer.content).toBe('Why is the sky blue?');
    expect(Object(answer.usage_metadata)['output_tokens']).toBeGreaterThan(0);
  });

  it('shows what a model thinks', async () => {
    const model = await startChat({ think: true });
    const answer = await model.invoke(script({ reason: ['hm'], say: ['yes'] }));
    expect(answer.content).toBe('yes');
    expect(answer.additional_kwargs['reasoning_content']).toBe('hm');
  });

  it('shows the words of an error', async () => {
    const model = await startChat({ model: 'nope', maxRetries: 0 });
    await expect(model.invoke('hi')).rejects.toThrow("model 'nope' not found");
  });

  it('completes a prompt', async () => {
    const bridge = await startEmbeddedBridge();
    const model = new Ollama({ model: MODEL, baseUrl: bridge.url });
    expect(await model.invoke('two words')).toBe('two words');
  });

  it('answers with a structure, by JSON Schema', async () => {
    const model = (await startChat()).withStructuredOutput(Person, { method: 'jsonSchema' });
    expect(await model.invoke(script({ say: ['{"name":"Ada",', '"age":36}'] }))).toEqual(ADA);
  });

  it('answers with a structure, by JSON mode', async () => {
    const model = (await startChat()).withStructuredOutput(Person, { method: 'jsonMode' });
    expect(await model.invoke(script({ say: ['```json\n{"name":"Ada","age":36}\n```'] }))).toEqual(ADA);
  });

  it('answers with a structure, by a function that is never answered', async () => {
    const model = (await startChat()).withStructuredOutput(Person, {
      method: 'functionCalling',
      name: 'person',
    });
    expect(await model.invoke(script({ tools: [{ name: 'person', args: ADA }] }))).toEqual(ADA);
  });

  it('calls two tools at once and is answered with their results', async () => {
    const getWeather = tool(async ({ city }) => `${city}: 21C`, {
      name: 'get_weather',
      description: 'Weather of a city',
      schema: z.object({ city: z.string() }),
    });
    const model = (await startChat()).bindTools([getWeather]);
    const tools = ['Paris', 'Rome'].map((city) => ({ name: 'get_weather', args: { city } }));
    const question = new HumanMessage(script({ tools }));
    const asked = await model.invoke([question]);
    expect(asked.tool_calls?.map(({ args }) => args['city'])).toEqual(['Paris', 'Rome']);
    const results: ToolMessage[] = [];
    for (const call of asked.tool_calls ?? []) {
      results.push(await getWeather.invoke({ ...call, type: 'tool_call' }));
    }
    const answer = await model.invoke([question, asked, ...results, new HumanMessage('And now?')]);
    expect(answer.content).toBe('And now?');
  });

  it('embeds', async () => {
    const world = await startWorld();
    const calls = await startEmbedder(world.daemon().socketPath);
    const embeddings = new OllamaEmbeddings({ model: EMBEDDING_MODEL, baseUrl: world.url });
    await eventually(() => embeddings.embedQuery('four'));
    const [empty, four] = await embeddings.embedDocuments(['', 'four']);
    expect(empty).toEqual([0, 1, 0]);
    expect(four).toEqual([4 / Math.sqrt(17), 1 / Math.sqrt(17), 0]);
    expect(calls.at(-1)?.['args']).toEqual({ model: EMBEDDING_MODEL, input: ['', 'four'] });
  });

  it('shows why it cannot embed', async () => {
    const bridge = await startEmbeddedBridge();
    const embeddings = new OllamaEmbeddings({ model: MODEL, baseUrl: bridge.url, maxRetries: 0 });
    await expect(embeddings.embedQuery('x')).rejects.toThrow("the tool 'embed'");
    const unknown = new OllamaEmbeddings({ model: 'nope', baseUrl: bridge.url, maxRetries: 0 });
    await expect(unknown.embedQuery('x')).rejects.toThrow('model "nope" not found, try pulling it first');
  });
});

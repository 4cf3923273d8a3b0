/** What `langchain.test.ts`, which is about both of LangChain's chats, leaves open of the OpenAI one. */
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Bridge } from '../../src/run/bridge.js';
import { startEmbeddingBridge, vectorOf } from '../http/openai/embeddings/embedding-bee.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const at = (bridge: Bridge) => ({
  apiKey: 'any',
  maxRetries: 0,
  configuration: { baseURL: `${bridge.url}/v1` },
});

const chat = async () => new ChatOpenAI({ model: 'claude-sonnet-4', ...at(await startEmbeddedBridge()) });

const Answer = z.object({ answer: z.number(), unit: z.string() });
const forty = { answer: 42, unit: 'km' };

const getWeather = tool(async ({ city }) => `${city}: 21C`, {
  name: 'get_weather',
  description: 'Weather of a city',
  schema: z.object({ city: z.string() }),
});

describe('@langchain/openai', () => {
  it('is given structured output by a schema', async () => {
    const model = (await chat()).withStructuredOutput(Answer, { method: 'jsonSchema', name: 'answer' });
    const say = ['Sure:\n```json\n', JSON.stringify(forty), '\n```'];
    expect(await model.invoke(script({ say }))).toEqual(forty);
  });

  it('is given structured output by calling a function', async () => {
    const model = (await chat()).withStructuredOutput(Answer, { method: 'functionCalling', name: 'answer' });
    const prompt = script({ tools: [{ name: 'answer', args: forty }] });
    expect(await model.invoke(prompt)).toEqual(forty);
  });

  it('is given structured output in JSON mode', async () => {
    const model = (await chat()).withStructuredOutput(Answer, { method: 'jsonMode' });
    expect(await model.invoke(script({ say: [JSON.stringify(forty)] }))).toEqual(forty);
  });

  it('streams the calls of a bound tool', async () => {
    const model = (await chat()).bindTools([getWeather]);
    const prompt = script({ tools: [{ name: 'get_weather', args: { city: 'Paris' } }] });
    let whole: Awaited<ReturnType<typeof model.invoke>> | undefined;
    for await (const chunk of await model.stream(prompt)) {
      whole = whole ? (whole as typeof chunk).concat(chunk) : chunk;
    }
    expect(whole?.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }]);
    expect(whole?.response_metadata).toMatchObject({ finish_reason: 'tool_calls' });
  });

  it('must call the tool that it names', async () => {
    const model = (await chat()).bindTools([getWeather], { tool_choice: 'get_weather' });
    const prompt = script({ tools: [{ name: 'get_weather', args: { city: 'Rome' } }] });
    expect((await model.invoke(prompt)).tool_calls).toMatchObject([{ args: { city: 'Rome' } }]);
  });

  it('asks for several answers', async () => {
    const model = new ChatOpenAI({ model: 'claude-sonnet-4', n: 2, ...at(await startEmbeddedBridge()) });
    const { generations } = await model.generate([[['human', 'hi there']]]);
    expect(generations[0]?.map(({ text }) => text)).toEqual(['hi there', 'hi there']);
  });

  it('completes text, whole and streamed', async () => {
    const model = new OpenAI({ model: 'claude-sonnet-4', ...at(await startEmbeddedBridge()) });
    expect(await model.invoke('Once upon a time')).toBe('Once upon a time');
    const pieces: string[] = [];
    for await (const piece of await model.stream(script({ say: ['Hel', 'lo'] }))) pieces.push(piece);
    expect(pieces.join('')).toBe('Hello');
  });

  it.each([undefined, 'float', 'base64'] as const)('embeds, in the format %s', async (encodingFormat) => {
    const embeddings = new OpenAIEmbeddings({
      model: 'small-embedder',
      ...at(await startEmbeddingBridge()),
      ...(encodingFormat === undefined ? {} : { encodingFormat }),
    });
    if (encodingFormat === 'base64') {
      const bytes = Buffer.from(String(await embeddings.embedQuery('hello')), 'base64');
      expect([0, 4, 8, 12].map((offset) => bytes.readFloatLE(offset))).toEqual(vectorOf('hello'));
      return;
    }
    expect(await embeddings.embedQuery('hello')).toEqual(vectorOf('hello'));
    expect(await embeddings.embedDocuments(['a', 'bb'])).toEqual([vectorOf('a'), vectorOf('bb')]);
  });

  it('shows what went wrong in our words', async () => {
    const model = new ChatOpenAI({ model: 'nope', ...at(await startEmbeddedBridge()) });
    await expect(model.invoke('hi')).rejects.toThrow('The model `nope` does not exist');
  });
});

describe('@langchain/openai, responses', () => {
  it('reads what the model thinks, whole and streamed', async () => {
    const bridge = await startEmbeddedBridge();
    const chat = new ChatOpenAI({
      model: 'claude-sonnet-4',
      apiKey: 'any',
      useResponsesApi: true,
      configuration: { baseURL: `${bridge.url}/v1` },
    });
    const prompt = script({ reason: ['Let me ', 'see.'], say: ['4'] });
    const whole = await chat.invoke(prompt);
    expect(whole.contentBlocks).toMatchObject([
      { type: 'reasoning', reasoning: 'Let me see.' },
      { type: 'text', text: '4' },
    ]);
    let thoughts = '';
    for await (const { content } of await chat.stream(prompt)) {
      for (const block of Array.isArray(content) ? content : [])
        if (block.type === 'reasoning') thoughts += block['reasoning'];
    }
    expect(thoughts).toBe('Let me see.');
  });
});

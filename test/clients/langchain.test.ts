import { HumanMessage, type ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOllama } from '@langchain/ollama';
import { ChatOpenAI } from '@langchain/openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Bridge } from '../../src/run/bridge.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const getWeather = tool(async ({ city }) => `${city}: 21C`, {
  name: 'get_weather',
  description: 'Weather of a city',
  schema: z.object({ city: z.string() }),
});

const clients = [
  [
    '@langchain/ollama',
    (bridge: Bridge) => new ChatOllama({ model: 'claude-sonnet-4', baseUrl: bridge.url }),
  ],
  [
    '@langchain/openai',
    (bridge: Bridge) =>
      new ChatOpenAI({
        model: 'claude-sonnet-4',
        apiKey: 'any',
        maxRetries: 0,
        streamUsage: true,
        configuration: { baseURL: `${bridge.url}/v1` },
      }),
  ],
] as const;

describe.each(clients)('%s', (_, create) => {
  it('invokes', async () => {
    const model = create(await startEmbeddedBridge());
    const answer = await model.invoke('Why is the sky blue?');
    expect(answer.content).toBe('Why is the sky blue?');
    expect(Object(answer.usage_metadata)['output_tokens']).toBeGreaterThan(0);
  });

  it('streams, and counts the tokens once', async () => {
    const model = create(await startEmbeddedBridge());
    const texts: unknown[] = [];
    let whole: Awaited<ReturnType<typeof model.invoke>> | undefined;
    for await (const chunk of await model.stream(script({ say: ['Hel', 'lo'] }))) {
      texts.push(chunk.content);
      whole = whole ? (whole as typeof chunk).concat(chunk) : chunk;
    }
    expect(texts.join('')).toBe('Hello');
    expect(whole?.usage_metadata).toMatchObject({ input_tokens: 14, output_tokens: 7 });
  });

  it('calls a bound tool and is answered with its result', async () => {
    const model = create(await startEmbeddedBridge()).bindTools([getWeather]);
    const question = new HumanMessage(script({ tools: [{ name: 'get_weather', args: { city: 'Paris' } }] }));
    const asked = await model.invoke([question]);
    expect(asked.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }]);
    const results: ToolMessage[] = [];
    for (const call of asked.tool_calls ?? []) {
      results.push(await getWeather.invoke({ ...call, type: 'tool_call' }));
    }
    const answer = await model.invoke([question, asked, ...results]);
    expect(answer.content).toBe('Paris: 21C');
  });
});

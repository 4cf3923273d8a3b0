import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOllama } from '@langchain/ollama';
import { tool as aiTool, generateText, stepCountIs } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { script, startWorld, type World } from '../front-door/world.js';

const MODEL = 'claude-sonnet-4';
const city = z.object({ city: z.string() });

/** Two tools in the first round, one of them again in the second, text in the third. */
const secondRound = { tools: [{ name: 'get_weather', args: { city: 'Rome' } }] };
const question = script({
  tools: [
    { name: 'get_weather', args: { city: 'Paris' } },
    { name: 'get_time', args: { city: 'Paris' } },
  ],
  rounds: [{ ...secondRound, then: ['All ', 'done.'] }],
});

/**
 * What the tools say. A worker whose results are routed goes on by itself; one that is told everything anew is a fresh echo,
 * which plays what the last result tells it to.
 */
function createTools() {
  let weathers = 0;
  return {
    get_weather: () => (weathers++ === 0 ? '21C' : script({ say: ['All ', 'done.'] })),
    get_time: () => script(secondRound),
  };
}

type Tools = ReturnType<typeof createTools>;
const run = (tools: Tools, name: string) => (name === 'get_time' ? tools.get_time() : tools.get_weather());
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };

/** Each client's own agent loop, from the question to the last text. */
const agents: Readonly<Record<string, (world: World, tools: Tools) => Promise<string | null>>> = {
  async 'openai runTools'(world, tools) {
    const openai = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const offer = (name: keyof Tools) => ({
      type: 'function' as const,
      function: { name, description: name, parameters, parse: JSON.parse, function: () => run(tools, name) },
    });
    const runner = openai.chat.completions.runTools({
      model: MODEL,
      messages: [{ role: 'user', content: question }],
      tools: [offer('get_weather'), offer('get_time')],
    });
    return runner.finalContent();
  },

  async 'ai stopWhen'(world, tools) {
    const model = createOpenAI({ baseURL: `${world.url}/v1`, apiKey: 'any' }).chat(MODEL);
    const offer = (name: keyof Tools) =>
      aiTool({ description: name, inputSchema: city, execute: async () => run(tools, name) });
    const { text } = await generateText({
      model,
      prompt: question,
      tools: { get_weather: offer('get_weather'), get_time: offer('get_time') },
      stopWhen: stepCountIs(5),
    });
    return text;
  },

  async '@langchain/ollama with a small agent'(world, tools) {
    const offer = (name: keyof Tools) => ({
      type: 'function',
      function: { name, description: name, parameters },
    });
    const model = new ChatOllama({ model: MODEL, baseUrl: world.url }).bindTools([
      offer('get_weather'),
      offer('get_time'),
    ]);
    const messages: BaseMessage[] = [new HumanMessage(question)];
    for (;;) {
      const answer = await model.invoke(messages);
      const calls = answer.tool_calls ?? [];
      if (calls.length === 0) return String(answer.content);
      messages.push(new AIMessage({ content: answer.content, tool_calls: calls }));
      for (const { id = '', name } of calls) {
        messages.push(new ToolMessage({ tool_call_id: id, name, content: run(tools, name) }));
      }
    }
  },

  async '@anthropic-ai/sdk loop'(world, tools) {
    const anthropic = new Anthropic({ baseURL: world.url, apiKey: 'any', maxRetries: 0 });
    const offer = (name: keyof Tools) => ({ name, description: name, input_schema: parameters });
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }];
    for (;;) {
      const answer = await anthropic.messages.create({
        model: MODEL,
        max_tokens: 1_000,
        messages,
        tools: [offer('get_weather'), offer('get_time')],
      });
      const calls = answer.content.filter((block) => block.type === 'tool_use');
      if (answer.stop_reason !== 'tool_use') {
        return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      }
      messages.push({ role: 'assistant', content: answer.content });
      messages.push({
        role: 'user',
        content: calls.map(({ id, name }) => ({
          type: 'tool_result',
          tool_use_id: id,
          content: run(tools, name),
        })),
      });
    }
  },
};

/** Which of the ids on the wire a client keeps is its own affair. */
const withoutIds = (text: unknown) =>
  String(text)
    .replace(/ id="[^"]+"/g, '')
    .replace(/ name="[^"]+">\n/g, '>\n');

const PREAMBLE = 'The conversation so far. Reply to its last message as the assistant.\n\n';
const turn = (role: string, content: string) => `<turn role="${role}">\n${content}\n</turn>\n`;
const called = (name: string, where: string) => `<turn-call name="${name}">{"city":"${where}"}</turn-call>`;
const firstTranscript =
  PREAMBLE +
  turn('user', question) +
  turn('assistant', `${called('get_weather', 'Paris')}\n${called('get_time', 'Paris')}`) +
  turn('tool', '21C') +
  turn('tool', script(secondRound));
const secondTranscript =
  firstTranscript +
  turn('assistant', called('get_weather', 'Rome')) +
  turn('tool', script({ say: ['All ', 'done.'] }));

describe.each(Object.entries(agents))('the agent loop of %s', (_, loop) => {
  it('calls two tools in three rounds where humd routes results: one prompt, and each result to its call', async () => {
    const world = await startWorld({ daemon: { routeUndeclaredToolResults: true } });
    expect(await loop(world, createTools())).toBe('All done.');
    expect(world.sentOf('prompt').map((tone) => tone['content'])).toEqual([question]);
    expect(world.sentOf('tool-result').map((tone) => [tone['toolName'], tone['output']])).toEqual([
      ['get_weather', '21C'],
      ['get_time', script(secondRound)],
      ['get_weather', script({ say: ['All ', 'done.'] })],
    ]);
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    expect(world.sentOf('cancel')).toEqual([]);
  });

  it('calls two tools in three rounds where humd drops results: a transcript each round, and nobody kept waiting', async () => {
    const world = await startWorld();
    expect(await loop(world, createTools())).toBe('All done.');
    expect(world.sentOf('prompt').map((tone) => withoutIds(tone['content']))).toEqual([
      question,
      firstTranscript,
      secondTranscript,
    ]);
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    expect(world.sentOf('cancel')).toHaveLength(2);
  });
});

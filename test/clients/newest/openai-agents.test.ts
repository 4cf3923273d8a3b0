/** `@openai/agents` from npm: agents with tools, handoffs, sessions and compaction, over HTTP and over a WebSocket. */
import {
  Agent,
  type AgentInputItem,
  handoff,
  MaxTurnsExceededError,
  MemorySession,
  type ModelSettings,
  OpenAIProvider,
  OpenAIResponsesCompactionSession,
  Runner,
  setTracingDisabled,
  tool,
  toolNamespace,
  toolSearchTool,
  withResponsesWebSocketSession,
} from '@openai/agents';
import OpenAI from 'openai';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { eventually } from '../../eventually.js';
import { script, startWorld, type World, type WorldOptions } from '../../front-door/world.js';

/** A name that compaction takes for one of OpenAI's; the bridge has it mean its default model. */
const model = 'gpt-5';
const MODES = ['HTTP', 'a WebSocket'] as const;
type Mode = (typeof MODES)[number];

beforeAll(() => {
  setTracingDisabled(true);
  // Before Node 22 there is none, and later ones take the same options.
  vi.stubGlobal('WebSocket', WebSocket);
});

interface Agents {
  readonly world: World;
  readonly openai: OpenAI;
  readonly runner: Runner;
}

/** Has `work` done with a runner in front of a bridge, and closes its connections behind it. */
async function withRunner(
  mode: Mode,
  work: (agents: Agents) => Promise<void>,
  options: WorldOptions = {},
): Promise<void> {
  const world = await startWorld({ config: { defaultModel: 'claude-sonnet-4' }, ...options });
  const openai = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'any', maxRetries: 0 });
  if (mode === 'HTTP') {
    const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient: openai }) });
    await work({ world, openai, runner });
    return;
  }
  await withResponsesWebSocketSession(({ runner }) => work({ world, openai, runner }), {
    providerOptions: { openAIClient: openai },
  });
}

const prompts = (world: World) => world.sentOf('prompt').map((tone) => String(tone['content']));

function weatherTool(answer = '21C') {
  const asked: string[] = [];
  const getWeather = tool({
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      asked.push(city);
      return answer;
    },
  });
  return { getWeather, asked };
}

const paris = { name: 'get_weather', args: { city: 'Paris' } };
const rome = { name: 'get_weather', args: { city: 'Rome' } };

describe.each(MODES)('an agent over %s', (mode) => {
  it('calls its tools until there is an answer, whole and streamed', async () => {
    await withRunner(mode, async ({ runner }) => {
      const { getWeather, asked } = weatherTool();
      const agent = new Agent({ name: 'Weather', instructions: 'Be brief.', model, tools: [getWeather] });
      const question = script({ reason: ['Hm.'], say: ['Looking.'], tools: [paris, rome] });
      const whole = await runner.run(agent, question);
      expect(whole.finalOutput).toBe('21C');
      expect(whole.newItems.map(({ type }) => type)).toEqual([
        'reasoning_item',
        'message_output_item',
        'tool_call_item',
        'tool_call_item',
        'tool_call_output_item',
        'tool_call_output_item',
        'reasoning_item',
        'message_output_item',
      ]);
      expect(whole.state.usage.requests).toBe(2);
      expect(whole.state.usage.totalTokens).toBeGreaterThan(0);

      const streamed = await runner.run(agent, question, { stream: true });
      const items: string[] = [];
      let text = '';
      for await (const event of streamed) {
        if (event.type === 'run_item_stream_event') items.push(event.name);
        if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta')
          text += event.data.delta;
      }
      await streamed.completed;
      expect(streamed.finalOutput).toBe('21C');
      expect(text).toBe('Looking.21C');
      expect(items.filter((name) => name === 'tool_output')).toHaveLength(2);
      expect(items).toContain('reasoning_item_created');
      expect(asked).toEqual(['Paris', 'Rome', 'Paris', 'Rome']);
    });
  });

  it('shows its reasoning as a summary', async () => {
    await withRunner(mode, async ({ runner }) => {
      const modelSettings: ModelSettings = { reasoning: { effort: 'low', summary: 'auto' } };
      const agent = new Agent({ name: 'Thinker', model, modelSettings });
      const { newItems } = await runner.run(agent, script({ reason: ['Let me ', 'see.'], say: ['Done.'] }));
      const [thought] = newItems;
      if (thought?.type !== 'reasoning_item') expect.fail('there is no reasoning');
      expect(thought.rawItem.content).toMatchObject([{ type: 'input_text', text: 'Let me see.' }]);
    });
  });

  it('hands over to another agent, whose instructions then hold', async () => {
    await withRunner(mode, async ({ runner, world }) => {
      const { getWeather } = weatherTool();
      const expert = new Agent({
        name: 'Expert',
        instructions: 'You know the weather.',
        handoffDescription: 'Knows the weather',
        model,
        tools: [getWeather],
      });
      const triage = Agent.create({
        name: 'Triage',
        instructions: 'You hand over.',
        model,
        handoffs: [handoff(expert)],
      });
      const result = await runner.run(triage, script({ tools: [{ name: 'transfer_to_Expert', args: {} }] }));
      expect(result.lastAgent?.name).toBe('Expert');
      expect(result.finalOutput).toContain('Expert');
      const last = world.sentOf('prompt').at(-1);
      expect(last?.['systemPrompt']).toBe('You know the weather.');
      await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    });
  });

  it('gives an output of a type', async () => {
    await withRunner(mode, async ({ runner }) => {
      const agent = new Agent({ name: 'Typed', model, outputType: z.object({ city: z.string() }) });
      const { finalOutput } = await runner.run(agent, script({ say: ['{"city":', '"Paris"}'] }));
      expect(finalOutput).toEqual({ city: 'Paris' });
    });
  });

  it('goes on with a session, and from a response', async () => {
    await withRunner(mode, async ({ runner, world }) => {
      const { getWeather } = weatherTool();
      const agent = new Agent({ name: 'Weather', model, tools: [getWeather] });
      const session = new MemorySession();
      await runner.run(agent, script({ tools: [paris] }), { session });
      const second = await runner.run(agent, 'And in short?', { session });
      expect(second.finalOutput).toBe('And in short?');
      expect(prompts(world).at(-1)).toContain('21C');
      const kinds = (await session.getItems()).map((item) => ('role' in item ? item.role : item.type));
      expect(kinds.filter((kind) => kind !== 'reasoning')).toEqual([
        'user',
        'function_call',
        'function_call_result',
        'assistant',
        'user',
        'assistant',
      ]);
      const third = await runner.run(agent, 'Go on.', {
        ...(second.lastResponseId === undefined ? {} : { previousResponseId: second.lastResponseId }),
      });
      expect(third.finalOutput).toBe('Go on.');
      expect(prompts(world).at(-1)).toContain('21C');
    });
  });

  it('compacts its session, and goes on from the summary', async () => {
    await withRunner(mode, async ({ runner, openai, world }) => {
      const { getWeather } = weatherTool('Between 20 and 22.');
      const agent = new Agent({ name: 'Weather', model, tools: [getWeather] });
      const underlyingSession = new MemorySession();
      const session = new OpenAIResponsesCompactionSession({
        client: openai,
        model,
        underlyingSession,
        shouldTriggerCompaction: ({ compactionCandidateItems }) => compactionCandidateItems.length >= 3,
      });
      await runner.run(agent, script({ tools: [paris] }), { session });
      expect((await underlyingSession.getItems()).map(({ type }) => type)).toEqual(['message', 'compaction']);
      const second = await runner.run(agent, 'What was it?', { session });
      expect(second.finalOutput).toBe('What was it?');
      expect(prompts(world).at(-1)).toContain('Summarise this conversation');
      expect(prompts(world).at(-1)).not.toContain('Between 20 and 22.');
      await session.runCompaction({ force: true, compactionMode: 'input' });
      const items: AgentInputItem[] = await session.getItems();
      expect(items.map(({ type }) => type)).toEqual(['message', 'message', 'compaction']);
      expect((await runner.run(agent, 'Go on.', { session })).finalOutput).toBe('Go on.');
    });
  });

  it('looks for tools that are loaded late', async () => {
    await withRunner(mode, async ({ runner }) => {
      const lookUp = tool({
        name: 'look_up',
        description: 'Looks up an order',
        parameters: z.object({ id: z.string() }),
        deferLoading: true,
        execute: async ({ id }) => `order ${id}`,
      });
      const tools = toolNamespace({ name: 'orders', description: 'Orders', tools: [lookUp] });
      const agent = new Agent({
        name: 'Orders',
        model,
        tools: [...tools, toolSearchTool({ execution: 'client' })],
      });
      const result = await runner.run(agent, [
        {
          role: 'user',
          content: script({ tools: [{ name: 'tool_search', args: { paths: ['orders'] } }] }),
        },
      ]);
      expect(result.newItems.map(({ type }) => type)).toContain('tool_search_call_item');
      expect(result.newItems.map(({ type }) => type)).toContain('tool_search_output_item');
      const again = await runner.run(agent, [
        ...result.history,
        { role: 'user', content: script({ tools: [{ name: 'orders__look_up', args: { id: '7' } }] }) },
      ]);
      expect(again.finalOutput).toBe('order 7');
    });
  });

  it('is stopped by a signal, and its worker with it', async () => {
    await withRunner(mode, async ({ runner, world }) => {
      const agent = new Agent({ name: 'Long', model });
      const controller = new AbortController();
      const result = await runner.run(agent, script({ n: 10_000, ms: 5 }), {
        stream: true,
        signal: controller.signal,
      });
      const ended = (async () => {
        for await (const event of result) if (event.type === 'raw_model_stream_event') controller.abort();
        await result.completed;
      })().catch(() => undefined);
      await ended;
      await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    });
  });

  it('is told what went wrong, and is held to its number of turns', async () => {
    await withRunner(mode, async ({ runner }) => {
      const broken = new Agent({ name: 'Broken', model });
      // Of an error on a WebSocket it tells no more than that there was one.
      const words = mode === 'HTTP' ? 'it broke' : 'unsuccessful terminal state "error"';
      const failing = runner.run(broken, script({ error: { message: 'it broke' } }));
      await expect(failing).rejects.toThrow(words);
      const late = script({ say: ['a', 'b'], ms: 50, errorAfter: 1, error: { message: 'it broke' } });
      await expect(runner.run(broken, late)).rejects.toThrow();
      const again = script({ tools: [paris] });
      const { getWeather } = weatherTool(again);
      const endless = new Agent({ name: 'Endless', model, tools: [getWeather] });
      await expect(runner.run(endless, again, { maxTurns: 2 })).rejects.toBeInstanceOf(MaxTurnsExceededError);
    });
  });
});

it('an agent hands over where humd routes results, and the other one is asked with its own instructions', async () => {
  await withRunner(
    'HTTP',
    async ({ runner, world }) => {
      const expert = new Agent({ name: 'Expert', instructions: 'You know the weather.', model });
      const triage = Agent.create({
        name: 'Triage',
        instructions: 'You hand over.',
        model,
        handoffs: [handoff(expert)],
      });
      const question = script({ tools: [{ name: 'transfer_to_Expert', args: {} }], then: ['I am triage.'] });
      const result = await runner.run(triage, question);
      expect(result.finalOutput).not.toContain('I am triage.');
      expect(world.sentOf('prompt').map((tone) => tone['systemPrompt'])).toEqual([
        'You hand over.',
        'You know the weather.',
      ]);
      await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    },
    { daemon: { routeUndeclaredToolResults: true } },
  );
});

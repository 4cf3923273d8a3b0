import { type Message, Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { dialDaemon } from '../daemon/dial.js';
import { eventually } from '../eventually.js';
import type { ChatAnswer } from './fake-upstream.js';
import { chat, startUpstreamWorld } from './upstream-world.js';

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string', description: 'its name' } } },
  },
};

function call(index: number, id: string, city: string) {
  return { index, id, type: 'function', function: { name: 'get_weather', arguments: `{"city":"${city}"}` } };
}

function messagesOf({ request }: ChatAnswer): readonly Readonly<Record<string, unknown>>[] {
  const messages: unknown = request.body?.['messages'];
  return Array.isArray(messages) ? messages : [];
}

/** Asks for the weather of both cities, then says what it was told. */
function playWeather(answer: ChatAnswer): void {
  const results = messagesOf(answer).filter(({ role }) => role === 'tool');
  if (results.length === 0) {
    answer.delta({ reasoning: 'Two cities.' });
    answer.delta({
      tool_calls: [{ ...call(0, 'call_0', ''), function: { name: 'get_weather', arguments: '' } }],
    });
    for (const piece of ['{"ci', 'ty":"Par', 'is"}'])
      answer.delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
    answer.delta({ tool_calls: [call(1, 'call_1', 'Rome')] });
    answer.finish('tool_calls', { prompt_tokens: 100, completion_tokens: 50 });
  } else {
    answer.delta({ content: 'Warm in both.' }).finish('stop', { prompt_tokens: 7, completion_tokens: 3 });
  }
}

/** A client with tools: asks, runs what it is told to run, and asks again. */
async function askOllama(url: string) {
  const ollama = new Ollama({ host: url });
  const messages: Message[] = [{ role: 'user', content: 'Paris or Rome?' }];
  const first = await ollama.chat({ model: 'llama3', messages, tools: [WEATHER] });
  messages.push(first.message);
  for (const { function: called } of first.message.tool_calls ?? [])
    messages.push({ role: 'tool', tool_name: called.name, content: `${called.arguments['city']}: 21C` });
  return { first, second: await ollama.chat({ model: 'llama3', messages, tools: [WEATHER] }) };
}

describe('tool calls of the upstream', () => {
  it('reach the client, and the results go back as tool messages with the ids that the server gave out', async () => {
    const { upstream, url, said, bee } = await startUpstreamWorld();
    upstream.onChat = playWeather;
    const { first, second } = await askOllama(url);
    expect(
      first.message.tool_calls?.map(({ function: { name, arguments: args } }) => ({ name, args })),
    ).toEqual([
      { name: 'get_weather', args: { city: 'Paris' } },
      { name: 'get_weather', args: { city: 'Rome' } },
    ]);
    expect(second.message.content).toBe('Warm in both.');
    expect(upstream.chats).toHaveLength(2);
    expect(upstream.chats[0]?.body?.['tools']).toEqual([WEATHER]);
    expect(upstream.chats[1]?.body).toMatchObject({
      messages: [
        { role: 'user', content: 'Paris or Rome?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_0',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
            },
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"city":"Rome"}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_0', content: 'Paris: 21C' },
        { role: 'tool', tool_call_id: 'call_1', content: 'Rome: 21C' },
      ],
      tools: [WEATHER],
    });
    // `call_0` is what every answer of such a server begins with: clients could not tell them apart.
    const ids = first.message.tool_calls?.map((call) => ('id' in call ? call.id : undefined));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids ?? []) expect(id).toMatch(/^call_[0-9a-f]{32}$/);
    // Nothing waits for the results: the conversation comes again with them.
    expect(said.filter(({ chi }) => chi === 'tool-call')).toEqual([]);
    expect(bee.cells).toBe(0);
  });

  it('counts the second answer by itself: the first one has been told', async () => {
    const { upstream, url } = await startUpstreamWorld();
    upstream.onChat = playWeather;
    const { second } = await askOllama(url);
    expect([second.prompt_eval_count, second.eval_count]).toEqual([7, 3]);
  });

  it('go on with the conversation where humd drops results, too', async () => {
    const { upstream, url, bee } = await startUpstreamWorld({
      daemon: { routeUndeclaredToolResults: false },
    });
    upstream.onChat = playWeather;
    const { second } = await askOllama(url);
    expect(second.message.content).toBe('Warm in both.');
    expect(upstream.chats[1]?.body?.['messages']).toContainEqual({
      role: 'tool',
      tool_call_id: 'call_0',
      content: 'Paris: 21C',
    });
    // The worker that waited in vain is let go.
    await eventually(() => expect(bee.cells).toBe(0));
  });

  it('go on for several rounds', async () => {
    const { upstream, url } = await startUpstreamWorld();
    const cities = ['Paris', 'Rome', 'Oslo'];
    upstream.onChat = (answer) => {
      const rounds = messagesOf(answer).filter(({ role }) => role === 'tool').length;
      const city = cities[rounds];
      if (city === undefined) answer.delta({ content: 'All warm.' }).finish('stop');
      else
        answer
          .delta({ content: `${city}? ` })
          .delta({ tool_calls: [call(0, 'c', city)] })
          .finish('tool_calls');
    };
    const ollama = new Ollama({ host: url });
    const messages: Message[] = [{ role: 'user', content: 'Where?' }];
    const seen: string[] = [];
    for (let round = 0; round < 5; round++) {
      const { message } = await ollama.chat({ model: 'llama3', messages, tools: [WEATHER] });
      seen.push(message.content);
      messages.push(message);
      if (message.tool_calls === undefined) break;
      for (const { function: called } of message.tool_calls)
        messages.push({ role: 'tool', tool_name: called.name, content: `${called.arguments['city']}: warm` });
    }
    expect(seen).toEqual(['Paris? ', 'Rome? ', 'Oslo? ', 'All warm.']);
    expect(upstream.chats.at(-1)?.body?.['messages']).toHaveLength(7);
  });

  it('that a server tells apart by id alone, or not at all, stay apart', async () => {
    const { upstream, url } = await startUpstreamWorld();
    upstream.onChat = (answer) => {
      const { function: paris } = call(0, '', 'Paris');
      const { function: rome } = call(0, '', 'Rome');
      answer
        .delta({ tool_calls: [call(0, 'a', 'Oslo')] })
        .delta({ tool_calls: [call(0, 'b', 'Bern')] })
        .delta({ tool_calls: [{ function: paris }, { function: rome }] })
        .finish('stop');
    };
    const messages = [{ role: 'user', content: '?' }];
    const { message } = await new Ollama({ host: url }).chat({ model: 'llama3', messages, tools: [WEATHER] });
    const cities = message.tool_calls?.map((one) => one.function.arguments['city']);
    expect(cities).toEqual(['Oslo', 'Bern', 'Paris', 'Rome']);
  });

  it('of a tool that there is not are answered here, and not by nobody', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => {
      const results = messagesOf(answer).filter(({ role }) => role === 'tool');
      if (results.length > 0) answer.delta({ content: 'I see.' }).finish('stop');
      else
        answer
          .delta({ tool_calls: [{ index: 0, id: 'x', function: { name: 'made_up', arguments: '{}' } }] })
          .finish('tool_calls');
    };
    const answer = await (await post('/api/chat', chat('?', { stream: false, tools: [WEATHER] }))).json();
    expect(answer).toMatchObject({ message: { content: 'I see.' } });
    expect(upstream.chats[1]?.body?.['messages']).toContainEqual({
      role: 'tool',
      tool_call_id: 'x',
      content: 'Error: there is no tool "made_up"',
    });
  });

  it('that the client forces are forced once', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) =>
      answer
        .delta({ tool_calls: [{ index: 0, id: 'x', function: { name: 'made_up', arguments: '{}' } }] })
        .finish('tool_calls');
    const controller = new AbortController();
    const body = chat('?', { tools: [WEATHER], tool_choice: 'required' });
    const response = post('/v1/chat/completions', body, controller.signal).catch(() => undefined);
    await eventually(() => expect(upstream.chats.length).toBeGreaterThan(1));
    controller.abort();
    await response;
    expect(upstream.chats[0]?.body?.['tool_choice']).toBe('required');
    expect(upstream.chats[1]?.body?.['tool_choice']).toBeUndefined();
  });

  it('that never end are ended', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) =>
      answer
        .delta({ tool_calls: [{ index: 0, id: 'x', function: { name: 'made_up', arguments: '{}' } }] })
        .finish('tool_calls');
    const response = await post('/api/chat', chat('?', { stream: false, tools: [WEATHER] }));
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: 'the model went on calling tools after 32 rounds' },
    ]);
    expect(upstream.chats).toHaveLength(32);
  });

  it('of a tool that a bee of the mesh offers are run by that bee', async () => {
    const { upstream, daemon, post } = await startUpstreamWorld();
    const owner = await dialDaemon(daemon.socketPath);
    await owner.hello({
      tools: [{ name: 'mesh_time', description: 'The time.', inputSchema: { type: 'object' } }],
    });
    upstream.onChat = (answer) => {
      const results = messagesOf(answer).filter(({ role }) => role === 'tool');
      if (results.length > 0)
        answer
          .delta({ content: `It is ${results[0]?.['content']}.` })
          .finish('stop', { prompt_tokens: 20, completion_tokens: 4 });
      else
        answer
          .delta({ tool_calls: [{ index: 0, id: 'x', function: { name: 'mesh_time', arguments: '{}' } }] })
          .finish('tool_calls', { prompt_tokens: 10, completion_tokens: 2 });
    };
    const response = post('/api/chat', chat('?', { stream: false }));
    const asked = await owner.next(({ chi }) => chi === 'tool-call');
    owner.send({ chi: 'tool-result', sid: asked.sid, callId: asked['callId'], output: 'noon' });
    // One answer for the client, so one sum.
    expect(await (await response).json()).toMatchObject({
      message: { content: 'It is noon.' },
      prompt_eval_count: 30,
      eval_count: 6,
    });
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { startWorkerBee } from '../../src/daemon/worker/worker-bee.js';
import { eventually } from '../eventually.js';
import { chat, parseStream, script, startWorld, type World, type WorldOptions } from './world.js';

const weather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: {} } },
};
const tools = [weather];
const paris = { name: 'get_weather', args: { city: 'Paris' } };
const rome = { name: 'get_weather', args: { city: 'Rome' } };

type Json = Readonly<Record<string, unknown>>;

/** humd as it is drops results of tools that only a prompt declared; a hello that declares them has them routed. */
const dropping: WorldOptions = {};
const routing: WorldOptions = { daemon: { routeUndeclaredToolResults: true } };

/** One request of `/v1/chat/completions`, and the assistant's message of its answer. */
async function ask(world: World, messages: readonly Json[], fields: Json = {}): Promise<Json> {
  const response = await world.post('/v1/chat/completions', {
    model: 'claude-sonnet-4',
    messages,
    tools,
    ...fields,
  });
  return Object(Object(await response.json())['choices'][0])['message'];
}

const user = (content: string): Json => ({ role: 'user', content });
const callsOf = (message: Json): readonly { id: string; function: { arguments: string } }[] =>
  Object(message['tool_calls']);
const resultOf = (id: string, content: unknown): Json => ({ role: 'tool', tool_call_id: id, content });
const chis = (world: World) => world.sent.map((tone) => tone.chi);

/** The result of `call`, in the form that Anthropic's clients send it: it can say more there. */
function sendResult(
  world: World,
  question: Json,
  call: { id: string } | undefined,
  result: Json,
): Promise<Response> {
  return world.post('/v1/messages', {
    model: 'claude-sonnet-4',
    max_tokens: 100,
    tools: [{ name: 'get_weather', input_schema: { type: 'object' } }],
    messages: [
      question,
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: call?.id, name: 'get_weather', input: { city: 'Paris' } }],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id, ...result }] },
    ],
  });
}

describe('a turn that ends on tool calls', () => {
  it('is closed for the client after the gather window, with all its calls, and its worker is kept waiting', async () => {
    const world = await startWorld();
    const message = await ask(world, [user(script({ say: ['Looking.'], tools: [paris, rome] }))]);
    expect(message['content']).toBe('Looking.');
    expect(callsOf(message).map((call) => call.function.arguments)).toEqual([
      '{"city":"Paris"}',
      '{"city":"Rome"}',
    ]);
    expect(world.bridge.nest.parkedTurns).toBe(1);
    expect(chis(world)).toEqual(['prompt']);
    await world.bridge.close();
    expect(chis(world)).toEqual(['prompt', 'cancel']);
  });

  it('does not tell the client of tools that it did not bring', async () => {
    const world = await startWorld();
    const message = await ask(world, [user(script({ tools: [paris, { name: 'read_file', args: {} }] }))]);
    expect(callsOf(message)).toHaveLength(1);
  });

  it('waits for a further call whose input is on its way', async () => {
    const world = await startWorld();
    const message = await ask(world, [user(script({ tools: [paris, rome], toolInput: true, ms: 40 }))]);
    expect(callsOf(message)).toHaveLength(2);
  });
});

describe('results, where humd routes them', () => {
  it('go to the worker that waits, which goes on from there', async () => {
    const world = await startWorld(routing);
    const question = user(script({ tools: [paris], then: ['It is ', '21C.'] }));
    const asked = await ask(world, [question]);
    const [call] = callsOf(asked);
    const answer = await ask(world, [question, asked, resultOf(call?.id ?? '', '21C')]);
    expect(answer['content']).toBe('It is 21C.');
    expect(world.sentOf('tool-result')).toMatchObject([
      {
        sid: world.sentOf('prompt')[0]?.sid,
        callId: expect.stringMatching(/^toolu_/),
        toolName: 'get_weather',
        output: '21C',
        result: '21C',
        isError: false,
      },
    ]);
    expect(world.sentOf('prompt')).toHaveLength(1);
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });

  it('may come out of order, under ids that the client made up, or with none', async () => {
    const world = await startWorld(routing);
    const variants: ((calls: readonly { id: string }[]) => readonly Json[])[] = [
      (calls) => [resultOf(calls[1]?.id ?? '', 'R'), resultOf(calls[0]?.id ?? '', 'P')],
      () => [resultOf('b', 'R'), resultOf('a', 'P')],
    ];
    for (const [index, results] of variants.entries()) {
      const question = user(script({ tools: [paris, rome], then: [`done ${index}`] }));
      const asked = await ask(world, [question]);
      const renamed = callsOf(asked).map((call, n) => ({ ...call, id: index === 0 ? call.id : 'ab'[n] }));
      const message = { ...asked, tool_calls: renamed };
      const answer = await ask(world, [question, message, ...results(callsOf(asked))]);
      expect(answer['content']).toBe(`done ${index}`);
      const sent = world.sentOf('tool-result').slice(-2);
      expect(sent.map((tone) => tone['output'])).toEqual(['P', 'R']);
      expect(new Set(sent.map((tone) => tone['callId'])).size).toBe(2);
    }
    const question = user(script({ tools: [paris, rome], then: ['native'] }));
    const first = await world.post('/api/chat', {
      model: 'claude-sonnet-4',
      messages: [question],
      tools,
      stream: false,
    });
    const { message } = Object(await first.json());
    const calls = message.tool_calls.map(
      ({ function: { name, arguments: args } }: Json & { function: Json }) => ({
        function: { name, arguments: args },
      }),
    );
    const results = [
      { role: 'tool', content: 'P' },
      { role: 'tool', content: 'R' },
    ];
    const messages = [question, { role: 'assistant', content: '', tool_calls: calls }, ...results];
    const second = await world.post('/api/chat', {
      model: 'claude-sonnet-4',
      messages,
      tools,
      stream: false,
    });
    expect(Object(await second.json()).message.content).toBe('native');
    expect(world.sentOf('prompt')).toHaveLength(3);
  });

  it.each([
    ['with other instructions', 'You hand over.', 'You know the weather.'],
    ['without the instructions', 'You hand over.', undefined],
    ['with instructions that were not there', undefined, 'You know the weather.'],
  ])('go into a new prompt where they come %s, as from an agent that took over', async (_, before, after) => {
    const world = await startWorld(routing);
    const system = (content: string | undefined) =>
      content === undefined ? [] : [{ role: 'system', content }];
    const question = user(script({ tools: [paris], then: ['I am the first.'] }));
    const called = await ask(world, [...system(before), question]);
    const result = resultOf(callsOf(called)[0]?.id ?? '', 'taken over');
    const answer = await ask(world, [...system(after), question, called, result]);
    expect(answer['content']).toBe('taken over');
    const prompts = world.sentOf('prompt');
    expect(prompts.map((tone) => tone['systemPrompt'])).toEqual([before, after]);
    expect(world.sentOf('tool-result')).toEqual([]);
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });

  it('carry errors as errors', async () => {
    const world = await startWorld(routing);
    const question = user(script({ tools: [paris], then: ['sorry'] }));
    const asked = await ask(world, [question]);
    const [call] = callsOf(asked);
    const result = { content: 'no such city', is_error: true };
    const response = await sendResult(world, question, call, result);
    expect(await response.json()).toMatchObject({ content: [{ type: 'text', text: 'sorry' }] });
    expect(world.sentOf('tool-result')).toMatchObject([{ isError: true, output: 'no such city' }]);
  });
});

describe('results, where humd drops them', () => {
  it('are replayed as transcript after one trial, and at once from then on', async () => {
    const world = await startWorld(dropping);
    const question = user(script({ tools: [paris] }));
    const asked = await ask(world, [question]);
    const continuation = [question, asked, resultOf(callsOf(asked)[0]?.id ?? '', '21C')];
    expect((await ask(world, continuation))['content']).toBe('21C');
    await eventually(() =>
      expect(chis(world)).toEqual(['prompt', 'tool-result', 'cancel', 'prompt', 'cleanup', 'cleanup']),
    );
    const again = await ask(world, [question]);
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    expect(world.bridge.nest.parkedTurns).toBe(0);
    const answer = await ask(world, [question, again, resultOf(callsOf(again)[0]?.id ?? '', '22C')]);
    expect(answer['content']).toBe('22C');
    // There was no second trial.
    expect(world.sentOf('tool-result')).toHaveLength(1);
  });

  it('are learned anew on a new link', async () => {
    const world = await startWorld(dropping);
    const question = user(script({ tools: [paris] }));
    const asked = await ask(world, [question]);
    await ask(world, [question, asked, resultOf(callsOf(asked)[0]?.id ?? '', '21C')]);
    world.daemon().disconnectAll();
    await eventually(() => expect(world.bridge.nest.link()).toBe('down'));
    await ask(world, [question]);
    expect(world.bridge.nest.parkedTurns).toBe(1);
  });

  it('are replayed with the words of the transcript', async () => {
    const world = await startWorld(dropping);
    const messages = [
      user('Weather?'),
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ function: { name: 'get_weather', arguments: { city: 'Paris' } } }],
      },
      { role: 'tool', content: '21C', tool_name: 'get_weather' },
    ];
    const response = await world.post('/api/chat', { model: 'echo', messages, stream: false });
    expect(await response.json()).toMatchObject({ message: { content: '21C' } });
    expect(world.sentOf('prompt')[0]?.['content']).toBe(
      [
        'The conversation so far. Reply to its last message as the assistant.',
        '',
        '<turn role="user">',
        'Weather?',
        '</turn>',
        '<turn role="assistant">',
        '<turn-call name="get_weather">{"city":"Paris"}</turn-call>',
        '</turn>',
        '<turn role="tool" name="get_weather">',
        '21C',
        '</turn>',
        '',
      ].join('\n'),
    );
  });
});

describe.each([
  ['routes', routing],
  ['drops', dropping],
])('where humd %s results', (_, options) => {
  it('a continuation that cannot be routed is replayed, and nobody is kept waiting', async () => {
    const world = await startWorld(options);
    const steps = script({ tools: [paris, rome], then: ['routed'] });
    const variants: ((calls: readonly { id: string }[]) => readonly Json[])[] = [
      ([first]) => [resultOf(first?.id ?? '', 'only one')],
      (calls) => [...calls.map(({ id }) => resultOf(id, 'x')), resultOf('unknown', 'last')],
    ];
    const expected = ['only one', 'last'];
    for (const [index, results] of variants.entries()) {
      const question = user(`${steps}`);
      const asked = await ask(world, [question]);
      const answer = await ask(world, [question, asked, ...results(callsOf(asked))]);
      expect(answer['content']).toBe(expected[index]);
      await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    }
    expect(world.sentOf('tool-result')).toEqual([]);
  });

  it('a worker is let go when its client asks something else in that conversation', async () => {
    const world = await startWorld(options);
    const question = user(script({ tools: [paris] }));
    await ask(world, [question]);
    expect(world.bridge.nest.parkedTurns).toBe(1);
    await ask(world, [question, { role: 'assistant', content: 'Looking.' }, user('never mind')]);
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    expect(world.sentOf('cancel')).toHaveLength(1);
  });

  it('two users with the same conversation never get each other’s results', async () => {
    const world = await startWorld({ ...options, env: { OLLAMA_SERVER_API_KEY: 'one,two' } });
    const question = user(script({ tools: [paris], then: ['routed'] }));
    const post = (key: string, messages: readonly Json[]) =>
      fetch(`${world.url}/api/chat`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify({ model: 'claude-sonnet-4', messages, tools, stream: false }),
      }).then((response) => response.json());
    const [one, two] = [
      Object(await post('one', [question])).message,
      Object(await post('two', [question])).message,
    ];
    expect(world.bridge.nest.parkedTurns).toBe(2);
    const sidOfTwo = world.sentOf('prompt')[1]?.sid;
    const withoutIds = (message: { tool_calls: readonly { function: Json }[] }) => ({
      role: 'assistant',
      content: '',
      tool_calls: message.tool_calls.map(({ function: call }) => ({ function: call })),
    });
    await post('two', [question, withoutIds(two), { role: 'tool', content: 'for two' }]);
    const sent = world.sentOf('tool-result');
    expect(sent.map((tone) => [tone.sid, tone['output']])).toEqual([[sidOfTwo, 'for two']]);
    expect(one.tool_calls[0].id).not.toBe(two.tool_calls[0].id);
  });

  it('two turns that cannot be told apart are replayed rather than guessed at', async () => {
    const world = await startWorld(options);
    const question = user(script({ tools: [paris], then: ['routed'] }));
    const both = await Promise.all([1, 2].map(() => ask(world, [question])));
    expect(both.map((message) => callsOf(message).length)).toEqual([1, 1]);
    const call = { function: { name: 'get_weather', arguments: { city: 'Paris' } } };
    const messages = [
      question,
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', content: '21C' },
    ];
    const response = await world.post('/api/chat', {
      model: 'claude-sonnet-4',
      messages,
      tools,
      stream: false,
    });
    expect(Object(await response.json()).message.content).toBe('21C');
    expect(world.sentOf('tool-result')).toEqual([]);
    expect(world.sentOf('cancel')).toEqual([]);
    expect(world.bridge.nest.parkedTurns).toBe(2);
  });

  it('streams the same over several rounds', async () => {
    const world = await startWorld(options);
    let messages: readonly Json[] = [user(script({ tools: [paris] }))];
    for (const round of ['one', 'two', 'three']) {
      const body = { model: 'claude-sonnet-4', messages, tools, stream: true };
      const frames = parseStream(await (await world.post('/v1/chat/completions', body)).text());
      const calls = frames.flatMap((frame) => Object(Object(frame['choices'])[0]?.delta)['tool_calls'] ?? []);
      expect(calls).toHaveLength(1);
      const next = round === 'three' ? 'the end' : script({ tools: [paris] });
      messages = [
        ...messages,
        { role: 'assistant', content: null, tool_calls: calls },
        resultOf(calls[0].id, next),
      ];
      if (options === routing) break;
    }
    const last = await ask(world, messages);
    if (options !== routing) expect(last['content']).toBe('the end');
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });
});

describe('toolResults', () => {
  it('replay parks nobody', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_TOOL_RESULTS: 'replay' } });
    await ask(world, [user(script({ tools: [paris] }))]);
    await eventually(() => expect(chis(world)).toEqual(['prompt', 'cancel', 'cleanup']));
  });
});

describe('declareTools', () => {
  const declared = JSON.stringify([{ name: 'get_weather', description: 'Weather of a city' }]);

  it('has the results of those tools routed by a humd as it is', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_DECLARE_TOOLS: declared } });
    const question = user(script({ tools: [paris], then: ['routed'] }));
    const asked = await ask(world, [question]);
    const answer = await ask(world, [question, asked, resultOf(callsOf(asked)[0]?.id ?? '', '21C')]);
    expect(answer['content']).toBe('routed');
  });

  it('answers calls that no client of ours waits for with an error', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_DECLARE_TOOLS: declared } });
    const body = chat(script({ tools: [paris], then: ['went on'] }), { stream: false });
    const response = await world.post('/api/chat', body);
    expect(Object(await response.json()).message.content).toBe('went on');
    expect(world.sentOf('tool-result')).toMatchObject([{ isError: true, toolName: 'get_weather' }]);
  });
});

describe('showWorkerTools', () => {
  const run = async (env: Readonly<Record<string, string>>) => {
    const world = await startWorld({ ...routing, env });
    const question = user(script({ tools: [paris], then: ['done'] }));
    const asked = await ask(world, [question]);
    return ask(world, [question, asked, resultOf(callsOf(asked)[0]?.id ?? '', '21C')]);
  };

  it('says nothing of tools that the client brought itself', async () => {
    expect(await run({ OLLAMA_SERVER_SHOW_WORKER_TOOLS: 'true' })).not.toHaveProperty('reasoning');
  });
});

describe('a call that comes after the turn was closed', () => {
  it('is the first thing that the continuation delivers', async () => {
    const world = await startWorld(routing);
    let sendLate: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      sendLate = resolve;
    });
    const worker = await startWorkerBee({
      socketPath: world.daemon().socketPath,
      hive: 'late',
      models: ['late'],
      async onPrompt(turn) {
        const call = (callId: string) =>
          turn.send({ chi: 'tool-call', callId, name: 'get_weather', toolName: 'get_weather', args: {} });
        const told = async (callId: string) => {
          const result = await turn.toolResult(callId);
          turn.send({
            chi: 'chunk',
            chunkType: 'tool_executed',
            callId,
            toolName: 'get_weather',
            output: result['output'],
          });
          return result['output'];
        };
        const first = told('c1');
        const second = told('c2');
        call('c1');
        await released;
        call('c2');
        const text = `${await first} ${await second}`;
        turn.send({ chi: 'chunk', chunkType: 'text_delta', delta: text });
        turn.send({ chi: 'finish', finishReason: 'stop' });
      },
    });
    onTestFinished(() => worker.close());
    const inLate = { model: 'late' };
    const question = user('go');
    const one = await ask(world, [question], inLate);
    const idOf = (message: Json) => callsOf(message)[0]?.id ?? '';
    expect(callsOf(one)).toHaveLength(1);
    sendLate();
    const told = [question, one, resultOf(idOf(one), 'A')];
    const two = await ask(world, told, inLate);
    expect(callsOf(two)).toHaveLength(1);
    const three = await ask(world, [...told, two, resultOf(idOf(two), 'B')], inLate);
    expect(three['content']).toBe('A B');
    expect(world.sentOf('prompt')).toHaveLength(1);
  });
});

describe('a result with an image', () => {
  it('is replayed, the image among the attachments', async () => {
    const world = await startWorld(routing);
    const question = user(script({ tools: [paris], then: ['routed'] }));
    const asked = await ask(world, [question]);
    const [call] = callsOf(asked);
    const image = {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
    };
    const result = { content: [{ type: 'text', text: 'a map' }, image] };
    expect((await sendResult(world, question, call, result)).status).toBe(200);
    expect(world.sentOf('tool-result')).toEqual([]);
    const [, replay] = world.sentOf('prompt');
    expect(replay?.['content']).toContain('a map\n<turn-image number="1"/>');
    expect(replay?.['attachments']).toEqual([
      { kind: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
    ]);
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });
});

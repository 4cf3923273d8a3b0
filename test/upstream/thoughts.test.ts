/** What the model thought goes back to servers that want it, from every surface, whatever clients lose. */
import { describe, expect, it } from 'vitest';
import { at } from '../front-door/ask-surfaces.js';
import type { ChatAnswer } from './fake-upstream.js';
import { startUpstreamWorld, type UpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

const CALL = {
  index: 0,
  id: 'srv_1',
  type: 'function',
  function: { name: 'look', arguments: '{"b":1,"a":2}' },
};
const PARAMETERS = { type: 'object', properties: {} };
const FUNCTION = { type: 'function', function: { name: 'look', parameters: PARAMETERS } };
const THOUGHT = 'I have to look.';

/** How servers say that thoughts are missing, and in which answers of the history they want them. */
const SERVERS = [
  {
    name: 'DeepSeek',
    message: (index: number) =>
      `Missing \`reasoning_content\` field in the assistant message at message index ${index}. For more information, please refer to https://api-docs.deepseek.com/guides/thinking_mode#tool-calls`,
    wants: (message: Json) => 'tool_calls' in message,
  },
  {
    name: 'a newer DeepSeek',
    message: () => 'The `reasoning_content` in the thinking mode must be passed back to the API.',
    wants: () => true,
  },
  {
    name: 'Moonshot',
    message: (index: number) =>
      `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${index}`,
    wants: (message: Json) => 'tool_calls' in message,
  },
] as const;

function messagesOf(answer: ChatAnswer): readonly Json[] {
  const messages: unknown = answer.request.body?.['messages'];
  return Array.isArray(messages) ? messages : [];
}

/** Thinks and calls for each question, answers what a tool has given, and refuses answers without thoughts. */
function think(world: UpstreamWorld, { message, wants }: (typeof SERVERS)[number]): void {
  world.upstream.onChat = (answer) => {
    const messages = messagesOf(answer);
    const bad = messages.findIndex(
      (each) => each['role'] === 'assistant' && wants(each) && !each['reasoning_content'],
    );
    if (bad !== -1) answer.refuse(400, { error: { message: message(bad), type: 'invalid_request_error' } });
    else if (messages.slice(-2).some(({ role }) => role === 'tool'))
      answer.delta({ reasoning_content: 'Seen.' }).delta({ content: 'It is there.' }).finish('stop');
    else
      answer
        .delta({ reasoning_content: THOUGHT })
        .delta({ tool_calls: [CALL] })
        .finish('tool_calls');
  };
}

/** A client that keeps a conversation as its surface has it, and what it loses of it. */
interface Client {
  readonly name: string;
  /** Two questions, each with its call; the answers. */
  run(world: UpstreamWorld): Promise<readonly unknown[]>;
}

async function post(world: UpstreamWorld, path: string, body: Json): Promise<unknown> {
  const response = await world.post(path, { model: 'llama3', stream: false, ...body });
  const json: unknown = await response.json();
  expect([response.status, JSON.stringify(json)]).toEqual([200, expect.anything()]);
  return json;
}

const QUESTIONS = ['Where is it?', 'And now?'];

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function ollama(name: string, keep: (message: unknown) => Json): Client {
  return {
    name,
    async run(world) {
      const messages: Json[] = [];
      const answers: unknown[] = [];
      for (const content of QUESTIONS) {
        messages.push({ role: 'user', content });
        const asked = await post(world, '/api/chat', { messages, tools: [FUNCTION] });
        messages.push(keep(at(asked, 'message')), { role: 'tool', tool_name: 'look', content: 'here' });
        const answered = await post(world, '/api/chat', { messages, tools: [FUNCTION] });
        messages.push(keep(at(answered, 'message')));
        answers.push(at(answered, 'message', 'content'));
      }
      return answers;
    },
  };
}

const CLIENTS: readonly Client[] = [
  ollama('Ollama', (message) => Object(message)),
  ollama('Ollama, without ids and thoughts', (message) => ({
    role: 'assistant',
    content: at(message, 'content'),
    tool_calls: list(at(message, 'tool_calls')).map((call) => ({
      function: { name: at(call, 'function', 'name'), arguments: at(call, 'function', 'arguments') },
    })),
  })),
  {
    name: 'chat completions, without thoughts',
    async run(world) {
      const messages: Json[] = [];
      const answers: unknown[] = [];
      for (const content of QUESTIONS) {
        messages.push({ role: 'user', content });
        const asked = await post(world, '/v1/chat/completions', { messages, tools: [FUNCTION] });
        const calls = at(asked, 'choices', 0, 'message', 'tool_calls');
        messages.push(
          { role: 'assistant', content: null, tool_calls: calls },
          { role: 'tool', tool_call_id: at(calls, 0, 'id'), content: 'here' },
        );
        const answered = await post(world, '/v1/chat/completions', { messages, tools: [FUNCTION] });
        const text = at(answered, 'choices', 0, 'message', 'content');
        messages.push({ role: 'assistant', content: text });
        answers.push(text);
      }
      return answers;
    },
  },
  ...[true, false].map(
    (keeps): Client => ({
      name: `messages, ${keeps ? 'with' : 'without'} thoughts, and words beside results`,
      async run(world) {
        const messages: Json[] = [];
        const answers: unknown[] = [];
        const body = { max_tokens: 1_000, tools: [{ name: 'look', input_schema: PARAMETERS }] };
        const kept = (content: unknown) =>
          list(content).filter((block) => keeps || at(block, 'type') !== 'thinking');
        for (const content of QUESTIONS) {
          messages.push({ role: 'user', content });
          const asked = await post(world, '/v1/messages', { ...body, messages });
          const call = list(at(asked, 'content')).find((block) => at(block, 'type') === 'tool_use');
          messages.push(
            { role: 'assistant', content: kept(at(asked, 'content')) },
            {
              role: 'user',
              content: [
                { type: 'tool_result', tool_use_id: at(call, 'id'), content: 'here' },
                { type: 'text', text: '<system-reminder>Be brief.</system-reminder>' },
              ],
            },
          );
          const answered = await post(world, '/v1/messages', { ...body, messages });
          messages.push({ role: 'assistant', content: kept(at(answered, 'content')) });
          answers.push(at(list(at(answered, 'content')).at(-1), 'text'));
        }
        return answers;
      },
    }),
  ),
  ...[true, false].map(
    (keeps): Client => ({
      name: `responses, ${keeps ? 'with' : 'without'} thoughts`,
      async run(world) {
        const input: unknown[] = [];
        const answers: unknown[] = [];
        const body = {
          store: false,
          include: ['reasoning.encrypted_content'],
          tools: [{ type: 'function', name: 'look', parameters: PARAMETERS }],
        };
        const kept = (output: unknown) =>
          list(output).filter((item) => keeps || at(item, 'type') !== 'reasoning');
        for (const content of QUESTIONS) {
          input.push({ role: 'user', content });
          const asked = await post(world, '/v1/responses', { ...body, input });
          const call = list(at(asked, 'output')).find((item) => at(item, 'type') === 'function_call');
          input.push(...kept(at(asked, 'output')), {
            type: 'function_call_output',
            call_id: at(call, 'call_id'),
            output: 'here',
          });
          const answered = await post(world, '/v1/responses', { ...body, input });
          input.push(...kept(at(answered, 'output')));
          answers.push(at(list(at(answered, 'output')).at(-1), 'content', 0, 'text'));
        }
        return answers;
      },
    }),
  ),
];

const CASES = SERVERS.flatMap((server) =>
  CLIENTS.map((client) => ({ server, client, name: `${client.name} in front of ${server.name}` })),
);

describe('thoughts of a conversation', () => {
  it.each(CASES)('go back: $name', async ({ server, client }) => {
    const world = await startUpstreamWorld();
    think(world, server);
    expect(await client.run(world)).toEqual(['It is there.', 'It is there.']);
    const sent = world.upstream.chats.at(-1)?.body?.['messages'];
    const calling = list(sent).filter((message) => at(message, 'tool_calls') !== undefined);
    // Those of both questions, as the model had them, with the server's own ids.
    expect(calling.map((message) => at(message, 'reasoning_content'))).toEqual([THOUGHT, THOUGHT]);
    expect(calling.map((message) => at(message, 'tool_calls', 0, 'id'))).toEqual(['srv_1', 'srv_1']);
    expect(JSON.stringify(sent)).not.toContain('earlier_reasoning');
    // The refusal is paid for once.
    expect(world.upstream.chats.length).toBeLessThanOrEqual(5);
  });

  it.each(SERVERS)('that nobody knows are made up where $name wants them', async (server) => {
    const world = await startUpstreamWorld();
    think(world, server);
    const messages = [
      { role: 'user', content: 'Where is it?' },
      { role: 'assistant', content: null, tool_calls: [{ ...CALL, id: 'call_elsewhere' }] },
      { role: 'tool', tool_call_id: 'call_elsewhere', content: 'here' },
    ];
    const answer = await post(world, '/v1/chat/completions', { messages, tools: [FUNCTION] });
    expect(at(answer, 'choices', 0, 'message', 'content')).toBe('It is there.');
    expect(world.upstream.chats).toHaveLength(2);
  });

  it('stay away from servers that do not ask for those of earlier questions', async () => {
    const world = await startUpstreamWorld();
    const { message } = SERVERS[0];
    think(world, { name: 'DeepSeek', message, wants: () => false } as never);
    for (const client of CLIENTS) await client.run(world);
    for (const { body } of world.upstream.chats) {
      const earlier = list(body?.['messages']).slice(0, -2);
      expect(JSON.stringify(earlier)).not.toContain('Seen.');
    }
  });

  describe('without calls', () => {
    /** How each surface has the answer to the first question in the history of the second. */
    const ANSWERS = [
      {
        surface: 'Ollama',
        path: '/api/chat',
        body: (messages: unknown) => ({ messages }),
        answerOf: (json: unknown) => [at(json, 'message')],
      },
      {
        surface: 'messages',
        path: '/v1/messages',
        body: (messages: unknown) => ({ messages, max_tokens: 1_000 }),
        answerOf: (json: unknown) => [{ role: 'assistant', content: at(json, 'content') }],
      },
      {
        surface: 'responses',
        path: '/v1/responses',
        body: (input: unknown) => ({ input, store: false, include: ['reasoning.encrypted_content'] }),
        answerOf: (json: unknown) => list(at(json, 'output')),
      },
      {
        surface: 'chat completions',
        path: '/v1/chat/completions',
        body: (messages: unknown) => ({ messages }),
        answerOf: (json: unknown) => [at(json, 'choices', 0, 'message')],
      },
    ];

    /** What the server gets of the first answer with the second question. */
    async function askTwice(
      world: UpstreamWorld,
      { path, body, answerOf }: (typeof ANSWERS)[number],
      wants: boolean,
    ): Promise<unknown> {
      world.upstream.onChat = (answer) => {
        const earlier = messagesOf(answer).find(({ role }) => role === 'assistant');
        if (wants && earlier !== undefined && !earlier['reasoning_content'])
          answer.refuse(400, { error: { message: SERVERS[1].message(), type: 'invalid_request_error' } });
        else answer.delta({ reasoning_content: THOUGHT }).delta({ content: 'It is there.' }).finish('stop');
      };
      const history: unknown[] = [{ role: 'user', content: 'Where is it?' }];
      history.push(...answerOf(await post(world, path, body(history))), {
        role: 'user',
        content: 'And now?',
      });
      await post(world, path, body(history));
      return at(world.upstream.chats.at(-1)?.body, 'messages', 1);
    }

    it.each(ANSWERS)('go back from $surface to a server that wants them', async (surface) => {
      const world = await startUpstreamWorld();
      expect(await askTwice(world, surface, true)).toEqual({
        role: 'assistant',
        content: 'It is there.',
        reasoning_content: THOUGHT,
      });
    });

    // What a client of chat completions writes is for the server.
    it.each(ANSWERS.slice(0, 3))('stay away from one that does not: $surface', async (surface) => {
      const world = await startUpstreamWorld();
      expect(await askTwice(world, surface, false)).toEqual({ role: 'assistant', content: 'It is there.' });
    });
  });

  it('of another conversation are not mixed in where ids are lost', async () => {
    const world = await startUpstreamWorld();
    let count = 0;
    world.upstream.onChat = (answer) => {
      if (messagesOf(answer).at(-1)?.['role'] === 'tool') answer.delta({ content: 'ok' }).finish('stop');
      else
        answer
          .delta({ reasoning_content: `thought ${++count}` })
          .delta({ tool_calls: [{ ...CALL, id: `srv_${count}` }] })
          .finish('tool_calls');
    };
    const calls = [{ function: { name: 'look', arguments: { a: 2, b: 1 } } }];
    const of = (question: string) => ({ role: 'user', content: question });
    for (const question of ['one', 'two', 'three'])
      await post(world, '/api/chat', { messages: [of(question)], tools: [FUNCTION] });
    const history = [of('two'), { role: 'assistant', content: '', tool_calls: calls }];
    const messages = [...history, { role: 'tool', tool_name: 'look', content: 'x' }];
    await post(world, '/api/chat', { messages, tools: [FUNCTION] });
    const sent = world.upstream.chats.at(-1)?.body?.['messages'];
    expect([at(sent, 1, 'reasoning_content'), at(sent, 1, 'tool_calls', 0, 'id')]).toEqual([
      'thought 2',
      'srv_2',
    ]);
    expect(at(sent, 2, 'tool_call_id')).toBe('srv_2');
    // The same call to a question that was not asked before.
    await post(world, '/api/chat', { messages: [of('four'), ...messages.slice(1)], tools: [FUNCTION] });
    expect(JSON.stringify(world.upstream.chats.at(-1)?.body)).not.toMatch(/thought \d|srv_\d/);
  });
});

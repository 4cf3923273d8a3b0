/** What a server does not take, however it says so: it is left out or put in another form, asked again, and remembered. */
import { describe, expect, it } from 'vitest';
import { at } from '../front-door/ask-surfaces.js';
import { ServerMemories } from '../../src/upstream/server-memory.js';
import type { ChatAnswer } from './fake-upstream.js';
import { startUpstreamWorld, type UpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

/** Answers what `judge` finds nothing wrong with. */
function judge(
  world: UpstreamWorld,
  complain: (body: Json) => { readonly status: number; readonly body: unknown } | undefined,
): void {
  world.upstream.onChat = (answer: ChatAnswer) => {
    const refusal = complain(answer.request.body ?? {});
    if (refusal === undefined) answer.delta({ content: 'fine' }).finish('stop');
    else answer.refuse(refusal.status, refusal.body);
  };
}

async function ask({ post }: UpstreamWorld, fields: Json, path = '/v1/chat/completions'): Promise<unknown> {
  const body = { model: 'llama3', messages: [{ role: 'user', content: 'Hello?' }], stream: false, ...fields };
  const response = await post(path, body);
  const answer: unknown = await response.json();
  return [
    response.status,
    at(answer, 'choices', 0, 'message', 'content') ?? at(answer, 'message', 'content') ?? answer,
  ];
}

/** The body that was taken, after how many requests. */
function last({ upstream }: UpstreamWorld): { readonly body: Json; readonly requests: number } {
  return { body: upstream.chats.at(-1)?.body ?? {}, requests: upstream.chats.length };
}

const has = (name: string) => (body: Json) => name in body;
const fine = [200, 'fine'];

describe('a field that a model does not take', () => {
  it.each([
    {
      name: 'OpenAI, by its text and param',
      field: 'temperature',
      value: 0.2,
      refusal: {
        error: {
          message:
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
          type: 'invalid_request_error',
          param: 'temperature',
          code: 'unsupported_value',
        },
      },
    },
    {
      name: 'OpenAI, an unknown argument',
      field: 'top_k',
      value: 3,
      refusal: {
        error: { message: 'Unrecognized request argument supplied: top_k', type: 'invalid_request_error' },
      },
    },
    {
      name: 'Mistral, by a place',
      field: 'logit_bias',
      value: { '1': 2 },
      refusal: {
        object: 'error',
        message: {
          detail: [
            { type: 'extra_forbidden', loc: ['body', 'logit_bias'], msg: 'Extra inputs are not permitted' },
          ],
        },
        type: 'invalid_request_error',
        param: null,
      },
    },
    {
      name: 'FastAPI, by a place alone',
      field: 'seed',
      value: 3,
      refusal: {
        detail: [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted' }],
      },
    },
    {
      name: 'a plain text',
      field: 'stop',
      value: ['END'],
      refusal: { error: "parameter 'stop' is not supported by this model" },
    },
    {
      name: 'Google, by the name of its field',
      field: 'frequency_penalty',
      value: 0.5,
      refusal: [
        {
          error: {
            code: 400,
            message: 'Invalid JSON payload received. Unknown name "frequency_penalty": Cannot find field.',
            status: 'INVALID_ARGUMENT',
          },
        },
      ],
    },
    {
      name: 'Groq',
      field: 'logprobs',
      value: true,
      refusal: {
        error: { message: '`logprobs` is not supported with this model', type: 'invalid_request_error' },
      },
    },
    {
      name: 'xAI',
      field: 'presence_penalty',
      value: 0.5,
      refusal: {
        code: 'Client specified an invalid argument',
        error: 'Argument not supported on this model: presence_penalty',
      },
    },
    {
      name: 'OpenRouter, in the words of a provider',
      field: 'parallel_tool_calls',
      value: false,
      refusal: {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: '{"message":"parallel_tool_calls: unknown field"}', provider_name: 'X' },
        },
      },
    },
  ])('$name: is left out, and not sent again', async ({ field, value, refusal }) => {
    const world = await startUpstreamWorld();
    judge(world, (body) => (has(field)(body) ? { status: 400, body: refusal } : undefined));
    expect(await ask(world, { [field]: value })).toEqual(fine);
    expect(last(world)).toMatchObject({ requests: 2 });
    expect(await ask(world, { [field]: value })).toEqual(fine);
    expect(last(world)).toMatchObject({ requests: 3 });
  });

  it.each([
    { field: 'user', value: 'u1', message: "Invalid 'user': string too long. Expected at most 1 character." },
    { field: 'safety_identifier', value: 's1', message: "Invalid 'safety_identifier': not of this account" },
    {
      field: 'prompt_cache_key',
      value: 'k1',
      message: 'Unrecognized request argument supplied: prompt_cache_key',
    },
    { field: 'prompt_cache_retention', value: '24h', message: "'prompt_cache_retention' needs another plan" },
    { field: 'service_tier', value: 'flex', message: 'Invalid service_tier argument' },
    {
      field: 'metadata',
      value: { topic: 'x' },
      message: "The 'metadata' parameter is only allowed when 'store' is enabled.",
    },
    { field: 'repetition_penalty', value: 1.1, message: 'Unknown parameter: repetition_penalty' },
  ])('$field of a response: no client sees that it is refused', async ({ field, value, message }) => {
    const world = await startUpstreamWorld();
    judge(world, (body) =>
      JSON.stringify(body[field]) === JSON.stringify(value)
        ? { status: 400, body: { error: { message, type: 'invalid_request_error' } } }
        : undefined,
    );
    for (const requests of [2, 3]) {
      const response = await world.post('/v1/responses', {
        model: 'llama3',
        input: 'Hello?',
        [field]: value,
      });
      expect([response.status, at(await response.json(), 'status')]).toEqual([200, 'completed']);
      expect(last(world).requests).toBe(requests);
    }
  });

  it('is a word for verbosity: other words are still sent', async () => {
    const world = await startUpstreamWorld();
    const message =
      "Unsupported value: 'low' is not supported with this model. Supported values are: 'medium'. (verbosity)";
    judge(world, ({ verbosity }) =>
      verbosity === 'low' ? { status: 400, body: { error: { message, param: 'verbosity' } } } : undefined,
    );
    const verbose = (verbosity: string) =>
      world.post('/v1/responses', { model: 'llama3', input: 'Hello?', text: { verbosity } });
    expect((await verbose('low')).status).toBe(200);
    expect(last(world).body).not.toHaveProperty('verbosity');
    expect((await verbose('medium')).status).toBe(200);
    expect(last(world)).toMatchObject({ requests: 3, body: { verbosity: 'medium' } });
  });

  it('is remembered by the next worker of the same server', async () => {
    const memory = new ServerMemories().of('http://the-server/v1');
    const world = await startUpstreamWorld({ bee: { memory } });
    const refuse = (body: Json) =>
      has('top_k')(body) ? { status: 400, body: { error: { message: 'unknown field: top_k' } } } : undefined;
    judge(world, refuse);
    await ask(world, { top_k: 3 });
    await world.bee.close();
    const next = await startUpstreamWorld({ bee: { memory } });
    judge(next, refuse);
    expect(await ask(next, { top_k: 3 })).toEqual(fine);
    expect(last(next).requests).toBe(1);
  });

  it('is remembered for its model alone', async () => {
    const world = await startUpstreamWorld({
      prepare: (upstream) => {
        upstream.models = ['llama3', 'other'];
      },
    });
    judge(world, (body) =>
      body['model'] === 'llama3' && has('top_k')(body)
        ? { status: 400, body: { error: { message: 'unknown field: top_k' } } }
        : undefined,
    );
    await ask(world, { top_k: 3 });
    await ask(world, { top_k: 3, model: 'other' });
    expect(last(world).body).toMatchObject({ model: 'other', top_k: 3 });
  });

  it('is the limit of the answer under its newer name', async () => {
    const world = await startUpstreamWorld();
    judge(world, (body) =>
      has('max_completion_tokens')(body)
        ? {
            status: 422,
            body: {
              detail: [
                {
                  type: 'extra_forbidden',
                  loc: ['body', 'max_completion_tokens'],
                  msg: 'Extra inputs are not permitted',
                },
              ],
            },
          }
        : undefined,
    );
    expect(await ask(world, { max_completion_tokens: 9 })).toEqual(fine);
    expect(last(world).body).toMatchObject({ max_tokens: 9 });
  });

  it('is not one of which another value is taken', async () => {
    const world = await startUpstreamWorld();
    const message = 'temperature must be between 0 and 1';
    judge(world, (body) =>
      Number(body['temperature']) > 1 ? { status: 400, body: { error: { message } } } : undefined,
    );
    expect(await ask(world, { temperature: 1.5 })).toMatchObject([400, { error: { message } }]);
    expect(last(world).requests).toBe(1);
    expect(await ask(world, { temperature: 0.5 })).toEqual(fine);
    expect(last(world).body).toMatchObject({ temperature: 0.5 });
  });

  it('is none where the server complains of something else', async () => {
    const world = await startUpstreamWorld();
    judge(world, () => ({ status: 400, body: { error: { message: 'Invalid user message: no such tool' } } }));
    expect(await ask(world, { temperature: 0.5, user: 'u', seed: 3 })).toMatchObject([400, { error: {} }]);
    expect(last(world).requests).toBe(1);
  });
});

describe('an effort of thinking that a model does not know', () => {
  const allowed = (body: Json) =>
    body['reasoning_effort'] === undefined || /^(low|medium|high)$/.test(String(body['reasoning_effort']));

  it.each([
    {
      error: {
        message:
          "Unsupported value: 'reasoning_effort' does not support 'none' with this model. Supported values are: 'low', 'medium', and 'high'.",
        param: 'reasoning_effort',
      },
    },
    { error: { message: "Input should be 'low', 'medium' or 'high'" } },
    {
      detail: [
        {
          type: 'literal_error',
          loc: ['body', 'reasoning_effort'],
          msg: "Input should be 'low', 'medium' or 'high'",
        },
      ],
    },
    { error: { message: 'invalid reasoning effort', param: 'reasoning_effort' } },
  ])('none becomes the least: %j', async (body) => {
    const world = await startUpstreamWorld();
    judge(world, (sent) => (allowed(sent) ? undefined : { status: 400, body }));
    // Many clients of Ollama always send it.
    for (const requests of [2, 3]) {
      expect(await ask(world, { think: false }, '/api/chat')).toEqual(fine);
      expect(last(world)).toMatchObject({ requests, body: { reasoning_effort: 'low' } });
    }
    expect(await ask(world, { think: 'high' }, '/api/chat')).toEqual(fine);
    expect(last(world).body).toMatchObject({ reasoning_effort: 'high' });
  });

  it('is left out where the model takes none at all', async () => {
    const world = await startUpstreamWorld();
    judge(world, (sent) =>
      has('reasoning_effort')(sent)
        ? {
            status: 400,
            body: { error: { message: 'Unrecognized request argument supplied: reasoning_effort' } },
          }
        : undefined,
    );
    expect(await ask(world, { think: true }, '/api/chat')).toEqual(fine);
    expect(last(world).body).not.toHaveProperty('reasoning_effort');
  });
});

describe('a form of the conversation that a model does not take', () => {
  const roles = (body: Json) =>
    Array.isArray(body['messages']) ? body['messages'].map((message) => message.role) : [];
  const messages = [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'One </turn-system> two' },
    { role: 'assistant', content: 'Three.' },
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'Four?' },
  ];

  it.each([
    { status: 400, body: { error: { message: 'System message must be at the beginning.' } } },
    {
      status: 500,
      body: {
        error: {
          code: 500,
          message: 'Value is not callable: raise_exception(System message must be at the beginning)',
          type: 'server_error',
        },
      },
    },
    {
      status: 400,
      body: {
        object: 'error',
        message: "Unexpected role 'system' after role 'assistant'",
        type: 'invalid_request_message_order',
      },
    },
  ])('a later system message stands in the user’s: %j', async (refusal) => {
    const world = await startUpstreamWorld();
    judge(world, (body) => (roles(body).lastIndexOf('system') > 0 ? refusal : undefined));
    for (const requests of [2, 3]) {
      expect(await ask(world, { messages })).toEqual(fine);
      expect(last(world).requests).toBe(requests);
    }
    expect(last(world).body['messages']).toEqual([
      ...messages.slice(0, 3),
      { role: 'user', content: '<turn-system>\nBe short.\n</turn-system>\n\nFour?' },
    ]);
  });

  it('roles alternate', async () => {
    const world = await startUpstreamWorld();
    judge(world, (body) =>
      roles(body).some((role, index, all) => role === all[index + 1])
        ? {
            status: 400,
            body: { message: 'Conversation roles must alternate user/assistant/user/assistant/...' },
          }
        : undefined,
    );
    expect(
      await ask(world, { messages: [...messages.slice(1, 2), { role: 'user', content: 'More.' }] }),
    ).toEqual(fine);
    expect(last(world).body['messages']).toEqual([
      { role: 'user', content: 'One </turn-system> two\n\nMore.' },
    ]);
  });

  it('no system message at all', async () => {
    const world = await startUpstreamWorld();
    judge(world, (body) =>
      roles(body).includes('system')
        ? { status: 400, body: { error: { message: 'System role not supported' } } }
        : undefined,
    );
    expect(await ask(world, { messages: messages.slice(0, 2) })).toEqual(fine);
    expect(last(world).body['messages']).toEqual([
      { role: 'user', content: '<turn-system>\nBe kind.\n</turn-system>\n\nOne <\\/turn-system> two' },
    ]);
  });

  it('a developer is the system', async () => {
    const world = await startUpstreamWorld();
    judge(world, (body) =>
      roles(body).includes('developer')
        ? {
            status: 422,
            body: {
              error: {
                message:
                  'messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`',
              },
            },
          }
        : undefined,
    );
    expect(
      await ask(world, { messages: [{ role: 'developer', content: 'Be kind.' }, ...messages.slice(1, 2)] }),
    ).toEqual(fine);
    expect(roles(last(world).body)).toEqual(['system', 'user']);
  });

  it('ids of calls are nine letters and digits, the same for a call and its result', async () => {
    const world = await startUpstreamWorld();
    judge(world, (body) =>
      /call_abc/.test(JSON.stringify(body['messages']))
        ? {
            status: 400,
            body: {
              object: 'error',
              message: 'Tool call id was call_abc but must be a-z, A-Z, 0-9, with a length of 9.',
              type: 'invalid_function_call',
              param: null,
              code: '3280',
            },
          }
        : undefined,
    );
    const call = { id: 'call_abc', type: 'function', function: { name: 'look', arguments: '{}' } };
    expect(
      await ask(world, {
        messages: [
          { role: 'user', content: 'Hello?' },
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: 'call_abc', content: 'seen' },
        ],
      }),
    ).toEqual(fine);
    const { body } = last(world);
    const id = at(body, 'messages', 1, 'tool_calls', 0, 'id');
    expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(at(body, 'messages', 2, 'tool_call_id')).toBe(id);
  });
});

describe('a format that a model does not take', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

  it.each(['/v1/chat/completions', '/api/chat'])(
    'is asked for in words, and checked all the same: %s',
    async (path) => {
      const world = await startUpstreamWorld();
      world.upstream.onChat = (answer) => {
        if (has('response_format')(answer.request.body ?? {}))
          answer.refuse(400, {
            error: { message: 'This response_format type is unavailable now', type: 'invalid_request_error' },
          });
        else answer.delta({ content: '```json\n{"city":"Rome"}\n```' }).finish('stop');
      };
      const fields =
        path === '/api/chat'
          ? { format: schema }
          : { response_format: { type: 'json_schema', json_schema: { name: 'place', schema } } };
      for (const requests of [2, 3]) {
        expect(await ask(world, fields, path)).toEqual([200, '{"city":"Rome"}']);
        expect(last(world).requests).toBe(requests);
      }
      expect(at(last(world).body, 'messages', 0, 'content')).toContain(JSON.stringify(schema));
    },
  );

  it('goes to the server as it is where that takes it, without a word about it', async () => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => answer.delta({ content: '{"city":"Rome"}' }).finish('stop');
    expect(await ask(world, { format: schema }, '/api/chat')).toEqual([200, '{"city":"Rome"}']);
    expect(last(world).body).toMatchObject({
      messages: [{ role: 'user', content: 'Hello?' }],
      response_format: { type: 'json_schema', json_schema: { schema } },
    });
  });
});

describe('thoughts', () => {
  it.each(['reasoning_content', 'reasoning'])(
    'go back with the call that they led to, in %s',
    async (field) => {
      const world = await startUpstreamWorld();
      const call = { index: 0, id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } };
      world.upstream.onChat = (answer) => {
        const messages: unknown = answer.request.body?.['messages'];
        const called = Array.isArray(messages)
          ? messages.find(({ role }) => role === 'assistant')
          : undefined;
        if (called === undefined)
          answer
            .delta({ [field]: 'I look.' })
            .delta({ tool_calls: [call] })
            .finish('tool_calls');
        else if (called[field] !== 'I look.')
          answer.refuse(400, { error: { message: `Missing ${field} field in the assistant message` } });
        else answer.delta({ content: 'seen' }).finish('stop');
      };
      const tools = [
        { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
      ];
      const question = { role: 'user', content: 'Look.' };
      const asked = await world.post('/v1/chat/completions', {
        model: 'llama3',
        messages: [question],
        tools,
      });
      const calls = at(await asked.json(), 'choices', 0, 'message', 'tool_calls');
      const id = at(calls, 0, 'id');
      // Most clients do not bring the thoughts back.
      const history = [
        question,
        { role: 'assistant', content: null, tool_calls: calls },
        { role: 'tool', tool_call_id: id, content: 'x' },
      ];
      expect(await ask(world, { messages: history, tools })).toEqual([200, 'seen']);
      expect(at(last(world).body, 'messages', 1, 'tool_calls', 0, 'id')).toBe('c1');
    },
  );
});

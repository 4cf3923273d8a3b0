/** What a server is asked through the bridge is what the client would have asked it directly, byte for byte but for ids. */
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ChatAnswer, startFakeUpstream } from './fake-upstream.js';
import { startUpstreamWorld } from './upstream-world.js';

/** Where a client asks, and under which id it knows a call of an earlier answer. */
interface Place {
  readonly baseURL: string;
}

type Ask = (place: Place) => Promise<unknown>;

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n%%EOF').toString('base64');
/** No key stands where humd's order would put it. */
const SCHEMA = {
  type: 'object',
  properties: { zone: { type: 'string' }, city: { type: 'string', description: 'its name' } },
  required: ['zone', 'city'],
  additionalProperties: false,
};
const WEATHER = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather.', parameters: SCHEMA, strict: true },
} as const;
const ASKED = [{ role: 'user', content: 'Where is it warm?' }] as const;
const CALLED = {
  id: 'call_a',
  type: 'function',
  function: { name: 'get_weather', arguments: '{"zone": "south",  "city":"Rome"}' },
} as const;

function openai(body: object): Ask {
  return async ({ baseURL }) => {
    const client = new OpenAI({ baseURL, apiKey: 'sk-secret-1234', maxRetries: 0 });
    const asked = {
      model: 'llama3',
      messages: ASKED,
      ...body,
    } as unknown as OpenAI.ChatCompletionCreateParams;
    const answer = await client.chat.completions.create(asked);
    if (Symbol.asyncIterator in answer) for await (const _ of answer);
  };
}

function langchain(ask: (chat: ChatOpenAI) => Promise<unknown>, fields: object = {}): Ask {
  return ({ baseURL }) =>
    ask(
      new ChatOpenAI({
        model: 'llama3',
        apiKey: 'sk-secret-1234',
        maxRetries: 0,
        configuration: { baseURL },
        ...fields,
      }),
    );
}

function compatible({ baseURL }: Place) {
  return createOpenAICompatible({ name: 'fake', baseURL, apiKey: 'sk-secret-1234', includeUsage: true })(
    'llama3',
  );
}

const weatherTool = tool({
  description: 'The weather.',
  inputSchema: jsonSchema<{ zone: string; city: string }>(SCHEMA as never),
  execute: async ({ city }) => `${city}: 21C`,
});

const SHAPES: readonly (readonly [name: string, ask: Ask])[] = [
  ['openai: one message', openai({})],
  ['openai: a stream', openai({ stream: true })],
  [
    'openai: a conversation with a system message in front and later',
    openai({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'And now?' },
      ],
    }),
  ],
  [
    'openai: a developer message, names and parts',
    openai({
      messages: [
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        {
          name: 'ann',
          role: 'user',
          content: [
            { type: 'text', text: 'One.' },
            { type: 'text', text: 'Two.' },
          ],
        },
      ],
    }),
  ],
  [
    'openai: images by address and as data',
    openai({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
          ],
        },
      ],
    }),
  ],
  [
    'openai: every number',
    openai({
      ...{
        temperature: 0.1,
        top_p: 0.2,
        seed: 7,
        max_tokens: 9,
        frequency_penalty: 0.3,
        presence_penalty: 0.4,
      },
      ...{ logprobs: true, top_logprobs: 2, logit_bias: { '50256': -100, '11': 5 }, user: 'u1' },
    }),
  ],
  [
    'openai: what only one server knows',
    openai({
      ...{ top_k: 3, min_p: 0.05, repetition_penalty: 1.1, guided_regex: 'a+', metadata: { z: '1', a: '2' } },
      ...{ max_completion_tokens: 11, verbosity: 'low', service_tier: 'flex', prediction: null },
      chat_template_kwargs: { thinking: true, enable_thinking: true },
    }),
  ],
  ['openai: one stop', openai({ stop: 'END' })],
  ['openai: several stops', openai({ stop: ['END', '\n\n'] })],
  ['openai: tools', openai({ tools: [WEATHER], parallel_tool_calls: false })],
  ['openai: a tool that must be called', openai({ tools: [WEATHER], tool_choice: 'required' })],
  [
    'openai: the tool that must be called',
    openai({
      tools: [
        WEATHER,
        { type: 'function', function: { name: 'other', parameters: { type: 'object', properties: {} } } },
      ],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    }),
  ],
  ['openai: tools that must not be called', openai({ tools: [WEATHER], tool_choice: 'none' })],
  [
    'openai: calls and results in the history',
    openai({
      tools: [WEATHER],
      messages: [
        ...ASKED,
        { role: 'assistant', content: null, tool_calls: [CALLED, { ...CALLED, id: 'call_b' }] },
        { role: 'tool', tool_call_id: 'call_a', content: 'warm' },
        { role: 'tool', tool_call_id: 'call_b', content: 'cold' },
      ],
    }),
  ],
  [
    'openai: a JSON schema',
    openai({
      response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema: SCHEMA } },
    }),
  ],
  ['openai: any JSON', openai({ response_format: { type: 'json_object' } })],
  ['openai: an effort of thinking', openai({ reasoning_effort: 'low' })],
  [
    'openai: sound',
    openai({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is said?' },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          ],
        },
      ],
    }),
  ],
  [
    'openai: files, as data and by id',
    openai({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
            { type: 'file', file: { file_id: 'file-1' } },
            { type: 'text', text: 'Sum up.' },
          ],
        },
        { role: 'assistant', content: 'Done.' },
        { role: 'user', content: 'Shorter.' },
      ],
    }),
  ],
  [
    'openai: a video, as vLLM reads it',
    openai({
      messages: [
        { role: 'user', content: [{ type: 'video_url', video_url: { url: 'https://example.org/a.mp4' } }] },
      ],
    }),
  ],
  [
    'openai: a text file, which is not read here',
    openai({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Read.' },
            { type: 'file', file: { file_data: 'data:text/plain;base64,aGVsbG8=', filename: 'a.txt' } },
          ],
        },
      ],
    }),
  ],
  [
    'openai: a refusal in the history, as a field and as a part',
    openai({
      messages: [
        ...ASKED,
        { role: 'assistant', content: null, refusal: 'I cannot.' },
        { role: 'user', content: 'Why?' },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'It is wrong.' }] },
        { role: 'user', content: 'So?' },
      ],
    }),
  ],
  [
    'openai: names of all who speak',
    openai({
      messages: [
        { role: 'system', content: 'Be kind.', name: 'boss' },
        { role: 'user', content: 'Hello', name: 'ann' },
        { content: 'Hi.', role: 'assistant', name: 'bot' },
        { role: 'user', name: 'bob', content: 'And me?' },
      ],
    }),
  ],
  [
    'openai: penalties, a user and what is only for the books',
    openai({
      ...{ frequency_penalty: -2, presence_penalty: 2, user: 'u1', store: true, safety_identifier: 's1' },
      ...{ metadata: { z: '1', a: '2' }, service_tier: 'default', prompt_cache_key: 'k', n: 1 },
      ...{ logit_bias: {}, temperature: 0, top_p: 1, seed: 0, stop: null, modalities: ['text'] },
    }),
  ],
  [
    'openai: a schema with definitions and its keys in no order',
    openai({
      tools: [
        {
          type: 'function',
          function: {
            parameters: {
              $defs: {
                z: { type: 'string', enum: ['b', 'a', null] },
                a: { type: ['string', 'null'], default: null },
              },
              type: 'object',
              properties: { z: { $ref: '#/$defs/z' }, 10: { type: 'number' }, 2: { $ref: '#/$defs/a' } },
              required: ['z', '2'],
            },
            name: 'get_weather',
          },
        },
      ],
    }),
  ],
  [
    'openai: a developer message behind the first question',
    openai({
      messages: [
        { role: 'developer', content: 'Be kind.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: '' },
        { role: 'developer', content: 'Be short.' },
        { role: 'user', content: '' },
      ],
    }),
  ],
  [
    'openai: a result in parts, beside words',
    openai({
      tools: [WEATHER],
      messages: [
        ...ASKED,
        { role: 'assistant', content: 'I look.', tool_calls: [CALLED] },
        { role: 'tool', tool_call_id: 'call_a', content: [{ type: 'text', text: 'warm' }] },
      ],
    }),
  ],
  [
    'AI SDK: a system text, settings and a stream',
    async (place) => {
      const { textStream } = streamText({
        model: compatible(place),
        system: 'Be kind.',
        prompt: 'Hello',
        temperature: 0.5,
        maxOutputTokens: 20,
        stopSequences: ['END'],
        seed: 3,
        maxRetries: 0,
      });
      for await (const _ of textStream);
    },
  ],
  [
    'AI SDK: a loop of tools',
    (place) =>
      generateText({
        model: compatible(place),
        prompt: 'Where is it warm?',
        tools: { get_weather: weatherTool },
        stopWhen: stepCountIs(3),
        maxRetries: 0,
      }),
  ],
  [
    'AI SDK: an object, by the provider of OpenAI',
    ({ baseURL }) =>
      generateObject({
        model: createOpenAI({ baseURL, apiKey: 'sk-secret-1234' }).chat('llama3'),
        schema: z.object({ zone: z.string(), city: z.string() }),
        prompt: 'Where is it warm?',
        maxRetries: 0,
      }),
  ],
  [
    'AI SDK: an image',
    (place) =>
      generateText({
        model: compatible(place),
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is it?' },
              { type: 'image', image: Buffer.from(PNG, 'base64'), mediaType: 'image/png' },
            ],
          },
        ],
        maxRetries: 0,
      }),
  ],
  [
    'LangChain: a conversation',
    langchain((chat) =>
      chat.invoke([
        new SystemMessage('Be kind.'),
        new HumanMessage('Hello'),
        new AIMessage('Hi.'),
        new HumanMessage('And now?'),
      ]),
    ),
  ],
  [
    'LangChain: settings',
    langchain((chat) => chat.invoke('Hello'), { temperature: 0.3, maxTokens: 30, stop: ['END'], topP: 0.9 }),
  ],
  [
    'LangChain: tools, calls and results',
    langchain((chat) =>
      chat.bindTools([WEATHER]).invoke([
        new HumanMessage('Where is it warm?'),
        new AIMessage({
          content: '',
          tool_calls: [{ id: 'call_a', name: 'get_weather', args: { zone: 'south', city: 'Rome' } }],
        }),
        new ToolMessage({ tool_call_id: 'call_a', content: 'warm' }),
      ]),
    ),
  ],
  [
    'AI SDK: a file, a choice and numbers',
    (place) =>
      generateText({
        model: compatible(place),
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Sum up.' },
              { type: 'file', data: Buffer.from(PNG, 'base64'), mediaType: 'image/png' },
            ],
          },
        ],
        tools: { get_weather: weatherTool },
        toolChoice: 'none',
        ...{ topP: 0.5, frequencyPenalty: 0.1, presencePenalty: 0.2, maxRetries: 0 },
      }),
  ],
  [
    'LangChain: a stream with names, a user and probabilities',
    langchain(
      async (chat) => {
        for await (const _ of await chat.stream([new HumanMessage({ content: 'Hello', name: 'ann' })]));
      },
      { logprobs: true, topLogprobs: 2, user: 'u1', frequencyPenalty: 0.1, streamUsage: true },
    ),
  ],
  [
    'LangChain: an answer of some shape',
    langchain((chat) =>
      chat.withStructuredOutput(SCHEMA, { method: 'jsonSchema', name: 'place' }).invoke('Where is it warm?'),
    ),
  ],
];

/** Calls the tool once, then says what fits each schema here. */
function play(answer: ChatAnswer): void {
  const { body = {} } = answer.request;
  const isAnswered = JSON.stringify(body['messages']).includes('"role":"tool"');
  const message =
    'tools' in body && body['tool_choice'] !== 'none' && !isAnswered
      ? { role: 'assistant', content: null, tool_calls: [CALLED] }
      : { role: 'assistant', content: '{"zone":"south","city":"Rome"}' };
  const reason = 'tool_calls' in message ? 'tool_calls' : 'stop';
  const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
  if (body['stream'] === true) {
    const { tool_calls: calls, ...delta } = { tool_calls: undefined, ...message };
    answer.delta({
      ...delta,
      ...(calls ? { tool_calls: calls.map((call, index) => ({ index, ...call })) } : {}),
    });
    answer.finish(reason, usage);
    return;
  }
  const choices = [{ index: 0, message, finish_reason: reason, logprobs: null }];
  answer.refuse(200, { id: 'c1', object: 'chat.completion', created: 1, model: 'llama3', choices, usage });
}

/** The body but for how the answer is given, as text; ids of calls by the order in which they occur. */
function comparable(body: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string>> {
  const { stream: _, stream_options: __, ...asked } = body ?? {};
  const ids = new Map<string, string>();
  const plain = (text: string) =>
    text.replace(/call_\w+/g, (id) => {
      const known = ids.get(id) ?? `id-${ids.size}`;
      ids.set(id, known);
      return known;
    });
  return Object.fromEntries(
    Object.entries(asked)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => [name, plain(JSON.stringify(value))]),
  );
}

describe('what a server is asked through the bridge', () => {
  it.each(SHAPES)('%s', async (_, ask) => {
    const direct = await startFakeUpstream();
    direct.onChat = play;
    await ask({ baseURL: direct.base });
    const { upstream, url } = await startUpstreamWorld();
    upstream.onChat = play;
    await ask({ baseURL: `${url}/v1` });
    const wanted = direct.chats.map(({ body }) => comparable(body));
    expect(wanted.length).toBeGreaterThan(0);
    expect(upstream.chats.map(({ body }) => comparable(body))).toEqual(wanted);
  });
});

describe('what servers do not read, and the bridge does', () => {
  it.each([
    [
      'parts of the Responses API',
      { messages: [{ role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }] },
      { messages: [{ role: 'user', content: 'Hello' }] },
    ],
    [
      'a flat tool',
      { tools: [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }] },
      {
        tools: [
          { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
        ],
      },
    ],
    [
      'functions',
      { functions: [{ name: 'look', parameters: { type: 'object', properties: {} } }] },
      {
        tools: [
          { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
        ],
      },
    ],
    [
      'a schema with null',
      {
        tools: [
          { type: 'function', function: { name: 'look', parameters: { type: 'object', required: null } } },
        ],
      },
      { tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }] },
    ],
  ])('%s', async (_, fields, asked) => {
    const { upstream, post } = await startUpstreamWorld();
    const body = { model: 'llama3', messages: ASKED, ...fields };
    expect((await post('/v1/chat/completions', body)).status).toBe(200);
    expect(upstream.chats[0]?.body).toMatchObject(asked);
    expect(upstream.chats[0]?.body).not.toHaveProperty('functions');
  });
});

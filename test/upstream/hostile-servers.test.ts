/** Servers as they are, in their own words: what they refuse, what the bridge makes of it, and what it must not learn from it. */
import { describe, expect, it } from 'vitest';
import { at } from '../front-door/ask-surfaces.js';
import type { ChatAnswer } from './fake-upstream.js';
import { startUpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

interface Refusal {
  readonly status: number;
  readonly body: unknown;
}

interface Case {
  readonly server: string;
  readonly asked: Json;
  readonly refuse: (body: Json) => Refusal | undefined;
  /** What was taken in the end. */
  readonly taken: (body: Json) => unknown;
  /** How many requests the first one takes; two where absent. */
  readonly requests?: number;
  readonly says?: string;
}

const PARAMETERS = { type: 'object', properties: { a: { type: 'string' } } };
const TOOL = { type: 'function', function: { name: 'look', parameters: PARAMETERS } };
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const JSON_SCHEMA = { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA } };
const CALL = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
const CITY = '{"city":"Rome"}';

const openai = (message: string, more: Json = {}): Refusal => ({
  status: 400,
  body: { error: { message, type: 'invalid_request_error', param: null, code: null, ...more } },
});
const vllm = (message: string): Refusal => ({
  status: 400,
  body: { object: 'error', message, type: 'BadRequestError', param: null, code: 400 },
});
const llama = (message: string, status = 500): Refusal => ({
  status,
  body: { error: { code: status, message, type: status === 400 ? 'invalid_request_error' : 'server_error' } },
});
const mistral = (loc: readonly unknown[], msg: string, type: string): Refusal => ({
  status: 422,
  body: {
    object: 'error',
    message: { detail: [{ type, loc, msg, input: 1 }] },
    type: 'invalid_request_error',
    param: null,
  },
});
const lmStudio = (error: string): Refusal => ({ status: 400, body: { error } });

function messagesOf(body: Json): readonly Json[] {
  const { messages } = body;
  return Array.isArray(messages) ? messages : [];
}

const kindOf = (body: Json) => at(body, 'response_format', 'type');
const called = (fields: Json = {}) => [
  { role: 'user', content: 'Look.' },
  { role: 'assistant', content: null, tool_calls: [CALL], ...fields },
  { role: 'tool', tool_call_id: 'call_1', content: 'here' },
];

const TAKEN: readonly Case[] = [
  {
    server: 'OpenAI: an older name of the limit',
    asked: { max_tokens: 9 },
    refuse: (body) =>
      'max_tokens' in body
        ? openai(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            {
              param: 'max_tokens',
              code: 'unsupported_parameter',
            },
          )
        : undefined,
    taken: (body) => expect(body).toMatchObject({ max_completion_tokens: 9 }),
  },
  {
    server: 'OpenAI: an organization that may not stream',
    asked: { stream: true },
    refuse: (body) =>
      'stream' in body || 'stream_options' in body
        ? openai('Your organization must be verified to stream this model.', {
            param: 'stream',
            code: 'unsupported_value',
          })
        : undefined,
    taken: (body) => expect(body).not.toHaveProperty('stream_options'),
  },
  {
    server: 'OpenAI: a model without system messages',
    asked: {
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hello?' },
      ],
    },
    refuse: (body) =>
      messagesOf(body).some(({ role }) => role === 'system')
        ? openai("Unsupported value: 'messages[0].role' does not support 'system' with this model.", {
            param: 'messages[0].role',
            code: 'unsupported_value',
          })
        : undefined,
    taken: (body) => expect(messagesOf(body).map(({ role }) => role)).toEqual(['user']),
  },
  {
    server: 'LM Studio: any JSON becomes a schema',
    asked: { response_format: { type: 'json_object' } },
    says: CITY,
    refuse: (body) =>
      kindOf(body) === 'json_object'
        ? lmStudio("'response_format.type' must be 'json_schema' or 'text'")
        : undefined,
    taken: (body) => expect(body).toMatchObject({ response_format: { type: 'json_schema' } }),
  },
  {
    server: 'an older LM Studio: text is the default',
    asked: { response_format: { type: 'text' } },
    refuse: (body) =>
      kindOf(body) === 'text' ? lmStudio("'response_format.type' must be 'json_schema'") : undefined,
    taken: (body) => expect(body).not.toHaveProperty('response_format'),
  },
  {
    server: 'DeepSeek: a schema in words',
    asked: { response_format: JSON_SCHEMA },
    says: CITY,
    refuse: (body) =>
      kindOf(body) === 'json_schema' ? openai('This response_format type is unavailable now') : undefined,
    taken: (body) => expect(JSON.stringify(body['messages'])).toContain('city'),
  },
  {
    server: 'a server that knows any JSON alone: a schema in words beside it',
    asked: { response_format: JSON_SCHEMA },
    says: CITY,
    refuse: (body) =>
      kindOf(body) === 'json_schema'
        ? openai("response_format.type: Input should be 'text' or 'json_object'", {
            param: 'response_format.type',
          })
        : undefined,
    taken: (body) => {
      expect(kindOf(body)).toBe('json_object');
      expect(JSON.stringify(body['messages'])).toContain('city');
    },
  },
  {
    server: 'vLLM: a schema that its grammar cannot follow',
    asked: { response_format: JSON_SCHEMA },
    says: CITY,
    refuse: (body) =>
      kindOf(body) === 'json_schema'
        ? vllm('The provided JSON schema contains features not supported by xgrammar.')
        : undefined,
    taken: (body) => expect(JSON.stringify(body['messages'])).toContain('city'),
  },
  {
    server: 'llama.cpp: later system messages',
    asked: {
      messages: [
        { role: 'user', content: 'One.' },
        { role: 'assistant', content: 'Two.' },
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Three?' },
      ],
    },
    refuse: (body) =>
      messagesOf(body).some(({ role }, index) => role === 'system' && index > 0)
        ? llama(
            "\n------------\nWhile executing CallExpression at line 85, column 32 in source:\n...first %}↵            {{- raise_exception('System message must be at the beginnin...\n                                           ^\nError: Jinja Exception: System message must be at the beginning.",
          )
        : undefined,
    taken: (body) => expect(messagesOf(body).at(-1)?.['content']).toContain('Be short.'),
  },
  {
    server: 'llama.cpp with Mistral’s template: roles that alternate',
    asked: {
      messages: [
        { role: 'user', content: 'One.' },
        { role: 'user', content: 'Two?' },
      ],
    },
    refuse: (body) =>
      messagesOf(body).length > 1
        ? llama(
            'Error: Jinja Exception: After the optional system message, conversation roles must alternate user and assistant roles except for tool calls and results.',
          )
        : undefined,
    taken: (body) => expect(messagesOf(body)).toEqual([{ role: 'user', content: 'One.\n\nTwo?' }]),
  },
  {
    server: 'llama.cpp: answers in a row at the end',
    asked: {
      messages: [
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: 'Two' },
        { role: 'assistant', content: 'three' },
      ],
    },
    refuse: (body) =>
      messagesOf(body).length > 2
        ? llama('Cannot have 2 or more assistant messages at the end of the list.', 400)
        : undefined,
    taken: (body) => expect(messagesOf(body)).toHaveLength(2),
  },
  {
    server: 'gpt-oss’s template: words or thoughts, but not both',
    asked: { tools: [TOOL], messages: called({ content: 'I look.', reasoning_content: 'Hm.' }) },
    refuse: (body) =>
      messagesOf(body).some((message) => message['content'] && message['reasoning_content'])
        ? llama(
            'Cannot pass both content and thinking in an assistant message with tool calls! Put the analysis message in one or the other, but not both.',
          )
        : undefined,
    taken: (body) => expect(messagesOf(body)[1]).toMatchObject({ content: 'I look.', tool_calls: [CALL] }),
  },
  {
    server: 'Mistral: a user behind a result',
    asked: { tools: [TOOL], messages: [...called(), { role: 'user', content: 'And now?' }] },
    refuse: (body) =>
      messagesOf(body).some(({ role }, index, all) => role === 'user' && all[index - 1]?.['role'] === 'tool')
        ? {
            status: 400,
            body: {
              object: 'error',
              message: "Unexpected role 'user' after role 'tool'",
              type: 'invalid_request_message_order',
              param: null,
              code: '3230',
            },
          }
        : undefined,
    taken: (body) => expect(messagesOf(body).at(-2)).toMatchObject({ role: 'assistant' }),
  },
  {
    server: 'Mistral: thoughts in the history',
    asked: { tools: [TOOL], messages: called({ reasoning_content: 'Hm.' }) },
    refuse: (body) =>
      messagesOf(body).some((message) => 'reasoning_content' in message)
        ? mistral(
            ['body', 'messages', 1, 'assistant', 'reasoning_content'],
            'Extra inputs are not permitted',
            'extra_forbidden',
          )
        : undefined,
    taken: (body) => expect(messagesOf(body)[1]).not.toHaveProperty('reasoning_content'),
  },
  {
    server: 'Mistral: names in messages',
    asked: { messages: [{ role: 'user', name: 'ann', content: 'Hello?' }] },
    refuse: (body) =>
      messagesOf(body).some((message) => 'name' in message)
        ? mistral(
            ['body', 'messages', 0, 'user', 'name'],
            'Extra inputs are not permitted',
            'extra_forbidden',
          )
        : undefined,
    taken: (body) => expect(messagesOf(body)).toEqual([{ role: 'user', content: 'Hello?' }]),
  },
  {
    server: 'Groq: a refusal in the history',
    asked: {
      messages: [
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: 'Two.', refusal: 'No.' },
        { role: 'user', content: 'Three?' },
      ],
    },
    refuse: (body) =>
      messagesOf(body).some((message) => 'refusal' in message)
        ? openai(
            "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'refusal' is unsupported)]",
          )
        : undefined,
    taken: (body) => expect(messagesOf(body)[1]).toEqual({ role: 'assistant', content: 'Two.' }),
  },
  {
    server: 'Groq: thoughts in the history',
    asked: { tools: [TOOL], messages: called({ reasoning_content: 'Hm.' }) },
    refuse: (body) =>
      messagesOf(body).some((message) => 'reasoning_content' in message)
        ? openai(
            "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported, did you mean 'content'?)]",
          )
        : undefined,
    taken: (body) => expect(messagesOf(body)[1]).not.toHaveProperty('reasoning_content'),
  },
  {
    server: 'Ollama: a model that does not think',
    asked: { reasoning_effort: 'high' },
    refuse: (body) =>
      'reasoning_effort' in body
        ? openai('"llama3.2:latest" does not support thinking', { type: 'api_error' })
        : undefined,
    taken: (body) => expect(body).not.toHaveProperty('reasoning_effort'),
  },
  {
    server: 'SGLang: a field that its model does not have',
    asked: { top_k: 3, min_p: 0.1 },
    refuse: (body) =>
      'min_p' in body
        ? vllm(
            "1 validation error:\n  {'type': 'extra_forbidden', 'loc': ('body', 'min_p'), 'msg': 'Extra inputs are not permitted', 'input': 0.1}",
          )
        : undefined,
    taken: (body) => {
      expect(body).not.toHaveProperty('min_p');
      expect(body).toHaveProperty('top_k');
    },
  },
  {
    server: 'two things at once, one after the other',
    asked: { seed: 3, service_tier: 'flex' },
    requests: 3,
    refuse: (body) =>
      'seed' in body
        ? openai('Unrecognized request argument supplied: seed')
        : 'service_tier' in body
          ? openai("property 'service_tier' is unsupported")
          : undefined,
    taken: (body) =>
      expect(Object.keys(body).sort()).toEqual(['messages', 'model', 'stream', 'stream_options']),
  },
];

/** A refusal that stays one: with its words, asked once or as often as a guess takes, and with nothing learned from it. */
const REFUSED: readonly {
  readonly server: string;
  readonly asked: Json;
  readonly refusal: Refusal;
  readonly most?: number;
}[] = [
  {
    server: 'vLLM without a parser of calls',
    asked: { tools: [TOOL], tool_choice: 'auto' },
    refusal: vllm('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
  },
  {
    server: 'vLLM: a choice without tools',
    asked: { tool_choice: 'auto' },
    refusal: vllm(
      "[{'type': 'value_error', 'loc': ('body',), 'msg': 'Value error, When using `tool_choice`, `tools` must be set.'}]",
    ),
  },
  {
    server: 'DeepSeek: a limit that is too high',
    asked: { max_tokens: 9_000 },
    refusal: openai('Invalid max_tokens value, the valid range of max_tokens is [1, 8192]'),
  },
  {
    server: 'DeepSeek: a model without tools',
    asked: { tools: [TOOL] },
    refusal: openai('deepseek-reasoner does not support Function Calling'),
  },
  {
    server: 'OpenAI: a schema that is none',
    asked: { response_format: JSON_SCHEMA },
    refusal: openai(
      "Invalid schema for response_format 'place': In context=(), 'additionalProperties' is required to be supplied and to be false.",
      { param: 'response_format' },
    ),
  },
  {
    server: 'OpenAI: a tool that is not there',
    asked: { tools: [TOOL], tool_choice: { type: 'function', function: { name: 'look' } } },
    refusal: openai(
      "Invalid value for 'tool_choice': no function named 'look' was specified in the 'tools' parameter.",
      {
        param: 'tool_choice',
      },
    ),
  },
  {
    server: 'OpenAI: probabilities without asking for them',
    asked: { top_logprobs: 2 },
    refusal: openai("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", {
      param: 'top_logprobs',
    }),
  },
  {
    server: 'llama.cpp: a beginning of an answer beside thoughts',
    asked: {
      messages: [
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: 'Two' },
      ],
    },
    refusal: llama('Assistant response prefill is incompatible with enable_thinking.', 400),
  },
  {
    server: 'vLLM: a model that sees nothing',
    asked: {
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }] },
      ],
    },
    refusal: vllm('At most 0 image(s) may be provided in one prompt.'),
    most: 2,
  },
  {
    server: 'a server that always misses thoughts',
    asked: {
      messages: [...called(), { role: 'assistant', content: 'Seen.' }, { role: 'user', content: 'And?' }],
    },
    refusal: openai('The `reasoning_content` in the thinking mode must be passed back to the API.'),
    most: 3,
  },
];

describe('a server takes what it is given in the end', () => {
  it.each(TAKEN)('$server', async ({ asked, refuse, taken, requests = 2, says = 'fine' }) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer: ChatAnswer) => {
      const refusal = refuse(answer.request.body ?? {});
      if (refusal !== undefined) answer.refuse(refusal.status, refusal.body);
      else if (answer.request.body?.['stream'] === true) answer.delta({ content: says }).finish('stop');
      else
        answer.refuse(200, {
          choices: [{ index: 0, message: { role: 'assistant', content: says }, finish_reason: 'stop' }],
        });
    };
    const body = { model: 'llama3', messages: [{ role: 'user', content: 'Hello?' }], ...asked };
    for (const count of [requests, requests + 1]) {
      const response = await world.post('/v1/chat/completions', body);
      expect([response.status, await response.text()]).toEqual([
        200,
        expect.stringContaining(JSON.stringify(says).slice(1, -1)),
      ]);
      expect(world.upstream.chats).toHaveLength(count);
    }
    taken(world.upstream.chats.at(-1)?.body ?? {});
  });
});

describe('a refusal stays one, and nothing is learned from it', () => {
  it.each(REFUSED)('$server', async ({ asked, refusal, most = 1 }) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => answer.refuse(refusal.status, refusal.body);
    const body = { model: 'llama3', messages: [{ role: 'user', content: 'Hello?' }], ...asked };
    const response = await world.post('/v1/chat/completions', body);
    const json: unknown = await response.json();
    const words = at(refusal.body, 'error', 'message') ?? at(refusal.body, 'message');
    expect([response.status, at(json, 'error', 'message')]).toEqual([400, words]);
    expect(world.upstream.chats.length).toBeLessThanOrEqual(most);
    // The next request is what it would have been without the first.
    world.upstream.onChat = (answer) => answer.delta({ content: 'fine {"city":"Rome"}' }).finish('stop');
    await (await world.post('/v1/chat/completions', body)).text();
    const [first] = world.upstream.chats;
    expect(world.upstream.chats.at(-1)?.body).toEqual(first?.body);
  });
});

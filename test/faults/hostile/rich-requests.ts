/** One good request for every route, with as much in it as the route takes; hostile ones are made of these. */
import { pino } from 'pino';
import { type Conversation, toMesh } from '../../conversation.js';
import { createAnthropicSurface } from '../../../src/http/anthropic/surface.js';
import { systemClock } from '../../../src/http/clock.js';
import { createOllamaSurface } from '../../../src/http/ollama/surface.js';
import { OpenStreams } from '../../../src/http/answer/open-streams.js';
import { createOpenAISurface } from '../../../src/http/openai/surface.js';
import type { SurfaceContext } from '../../../src/http/surface.js';

export interface RichRequest {
  /** As it is sent; a route's parameters have values. */
  readonly path?: string;
  readonly body?: unknown;
  /** What it is answered with as it stands here. */
  readonly status: number;
}

const MODEL = 'claude-sonnet-4';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string', enum: ['Oslo', 'Rome'] }, days: { type: 'integer' } },
  required: ['city'],
};

const SAMPLING = { temperature: 0.5, top_p: 0.9, seed: 7, stop: ['STOP'] };

const CHAT_TOOL = {
  type: 'function',
  function: { name: 'weather', description: 'Tells the weather', parameters: PARAMETERS },
};

const ollamaChat = {
  model: MODEL,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'What is this?', images: [PNG] },
    {
      role: 'assistant',
      content: 'Let me see.',
      thinking: 'Hm.',
      tool_calls: [{ id: 'call_1', function: { index: 0, name: 'weather', arguments: { city: 'Oslo' } } }],
    },
    { role: 'tool', content: '{"sun":true}', tool_name: 'weather', tool_call_id: 'call_1' },
    { role: 'user', content: 'And tomorrow?' },
  ],
  tools: [CHAT_TOOL],
  stream: true,
  think: 'low',
  keep_alive: '5m',
  truncate: true,
  shift: false,
  logprobs: false,
  top_logprobs: 0,
  options: { ...SAMPLING, num_predict: 20, top_k: 40, num_ctx: 4096 },
};

const generate = {
  model: MODEL,
  prompt: 'Describe it.',
  suffix: '',
  system: 'Be brief.',
  template: '',
  context: [],
  raw: false,
  images: [PNG],
  stream: false,
  think: false,
  keep_alive: 60,
  options: { ...SAMPLING, num_predict: 20 },
};

const embed = {
  model: MODEL,
  input: ['one text', 'another text'],
  truncate: true,
  dimensions: 16,
  keep_alive: '1m',
  options: { num_ctx: 512 },
};

const named = { model: MODEL, name: MODEL, stream: true, insecure: false };

const openaiChat = {
  model: MODEL,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: '{"sun":true}' },
    { role: 'user', content: 'And tomorrow?' },
  ],
  tools: [CHAT_TOOL, { type: 'custom', custom: { name: 'note', format: { type: 'text' } } }],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  max_completion_tokens: 20,
  n: 2,
  ...SAMPLING,
  presence_penalty: 0.1,
  frequency_penalty: 0.1,
  reasoning_effort: 'low',
  stream: true,
  stream_options: { include_usage: true },
  response_format: { type: 'text' },
  user: 'somebody',
  metadata: { a: 'b' },
};

const completion = {
  model: MODEL,
  prompt: ['Once', 'Twice'],
  suffix: '',
  max_tokens: 20,
  n: 2,
  echo: true,
  ...SAMPLING,
  stream: true,
  stream_options: { include_usage: true },
};

const embeddings = {
  model: MODEL,
  input: ['one', 'two'],
  encoding_format: 'base64',
  dimensions: 16,
  user: 'x',
};

const response = {
  model: MODEL,
  instructions: 'Be brief.',
  input: [
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is this?' },
        { type: 'input_image', image_url: `data:image/png;base64,${PNG}` },
      ],
    },
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
    { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
    { type: 'function_call_output', call_id: 'call_1', output: '{"sun":true}' },
    { role: 'user', content: 'And tomorrow?' },
  ],
  tools: [
    { type: 'function', name: 'weather', parameters: PARAMETERS, strict: true },
    { type: 'custom', name: 'note', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
    { type: 'web_search' },
  ],
  tool_choice: 'auto',
  max_output_tokens: 20,
  temperature: 0.5,
  reasoning: { effort: 'low', summary: 'auto' },
  text: { format: { type: 'text' }, verbosity: 'low' },
  include: ['reasoning.encrypted_content'],
  metadata: { a: 'b' },
  truncation: 'auto',
  store: true,
  stream: true,
};

const anthropicMessages = {
  model: MODEL,
  max_tokens: 20,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        { type: 'document', title: 'a', source: { type: 'text', media_type: 'text/plain', data: 'b' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'x' },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [{ type: 'text', text: 'sun' }],
          is_error: false,
        },
        { type: 'text', text: 'And tomorrow?' },
      ],
    },
  ],
  tools: [{ name: 'weather', description: 'Tells the weather', input_schema: PARAMETERS }],
  tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  thinking: { type: 'enabled', budget_tokens: 1024 },
  temperature: 0.5,
  top_k: 5,
  stop_sequences: ['STOP'],
  stream: true,
  metadata: { user_id: 'x' },
};

const ANSWER_SCHEMA = {
  type: 'object',
  properties: {
    city: { type: 'string', pattern: '^[A-Z][a-z]+$' },
    days: { type: 'array', items: { type: 'number' } },
  },
  required: ['city'],
};
const ANSWER = '{"city":"Oslo","days":[1]}';

/**
 * Some routes have more than one: what is streamed, what is answered with calls, and what is answered in JSON take different ways.
 * The echo worker answers with the last message, or plays the script in it.
 */
const script = (steps: unknown) => `@script ${JSON.stringify(steps)}`;
const CALLS = script({
  say: ['Hm.'],
  tools: [{ name: 'weather', args: { city: 'Oslo' } }],
  toolsAsChunk: true,
});

const RICH_REQUESTS: Readonly<Record<string, readonly RichRequest[]>> = {
  'GET /': [{ status: 200 }],
  'HEAD /': [{ status: 200 }],
  'GET /api/version': [{ status: 200 }],
  'HEAD /api/version': [{ status: 200 }],
  'GET /api/tags': [{ status: 200 }],
  'HEAD /api/tags': [{ status: 200 }],
  'GET /api/ps': [{ status: 200 }],
  'GET /api/status': [{ status: 200 }],
  'POST /api/chat': [
    { body: ollamaChat, status: 200 },
    { body: { ...ollamaChat, messages: [{ role: 'user', content: CALLS }], stream: false }, status: 200 },
    {
      body: {
        model: MODEL,
        messages: [{ role: 'user', content: ANSWER }],
        format: ANSWER_SCHEMA,
        stream: false,
      },
      status: 200,
    },
  ],
  'POST /api/generate': [
    { body: generate, status: 200 },
    { body: { ...generate, prompt: ANSWER, format: ANSWER_SCHEMA, stream: true }, status: 200 },
  ],
  'POST /api/embed': [{ body: embed, status: 200 }],
  'POST /api/embeddings': [{ body: { model: MODEL, prompt: 'one text', options: {} }, status: 200 }],
  'POST /api/show': [{ body: { ...named, verbose: true }, status: 200 }],
  'POST /api/pull': [{ body: named, status: 200 }],
  'POST /api/push': [{ body: named, status: 501 }],
  'POST /api/create': [
    { body: { ...named, from: MODEL, files: { a: `sha256:${'0'.repeat(64)}` }, adapters: {} }, status: 501 },
  ],
  'POST /api/copy': [{ body: { source: MODEL, destination: 'other' }, status: 501 }],
  'DELETE /api/delete': [{ body: named, status: 501 }],
  'POST /api/blobs/:digest': [{ path: `/api/blobs/sha256:${'0'.repeat(64)}`, body: {}, status: 501 }],
  'HEAD /api/blobs/:digest': [{ path: `/api/blobs/sha256:${'0'.repeat(64)}`, status: 404 }],
  'POST /api/me': [{ body: {}, status: 401 }],
  'POST /api/signout': [{ body: {}, status: 401 }],
  'DELETE /api/user/keys/:encodedKey': [{ path: '/api/user/keys/a2V5', status: 401 }],
  'POST /api/experimental/web_search': [{ body: { query: 'x', max_results: 3 }, status: 403 }],
  'POST /api/experimental/web_fetch': [{ body: { url: 'http://127.0.0.1:1/' }, status: 403 }],
  'GET /api/experimental/model-recommendations': [{ status: 200 }],

  'POST /v1/chat/completions': [
    { body: openaiChat, status: 200 },
    { body: { ...openaiChat, stream: false }, status: 200 },
    { body: { ...openaiChat, n: 1, messages: [{ role: 'user', content: CALLS }] }, status: 200 },
    {
      body: {
        model: MODEL,
        messages: [{ role: 'user', content: ANSWER }],
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'a', strict: true, schema: ANSWER_SCHEMA },
        },
      },
      status: 200,
    },
  ],
  'POST /v1/completions': [
    { body: completion, status: 200 },
    { body: { ...completion, stream: false, best_of: 2 }, status: 200 },
  ],
  'POST /v1/embeddings': [{ body: embeddings, status: 200 }],
  'GET /v1/models': [{ status: 200 }],
  'GET /v1/models/:id{.+}': [{ path: `/v1/models/${MODEL}`, status: 200 }],
  'GET /v1/responses': [{ path: '/v1/responses', status: 405 }],
  'POST /v1/responses': [
    { body: response, status: 200 },
    { body: { ...response, stream: false }, status: 200 },
    { body: { ...response, input: CALLS }, status: 200 },
    {
      body: {
        model: MODEL,
        input: ANSWER,
        text: { format: { type: 'json_schema', name: 'a', schema: ANSWER_SCHEMA } },
        stream: true,
      },
      status: 200,
    },
  ],
  'POST /v1/responses/input_tokens': [{ body: response, status: 200 }],
  'POST /v1/responses/compact': [{ body: { model: MODEL, input: 'hi' }, status: 200 }],
  'GET /v1/responses/:id': [{ path: '/v1/responses/resp_0?stream=false', status: 404 }],
  'DELETE /v1/responses/:id': [{ path: '/v1/responses/resp_0', status: 404 }],
  'GET /v1/responses/:id/input_items': [
    { path: '/v1/responses/resp_0/input_items?limit=20&order=asc&after=x', status: 404 },
  ],
  'POST /v1/conversations': [
    { body: { items: [{ role: 'user', content: 'hi' }], metadata: { a: 'b' } }, status: 200 },
  ],
  'GET /v1/conversations/:id': [{ path: '/v1/conversations/conv_0', status: 404 }],
  'DELETE /v1/conversations/:id': [{ path: '/v1/conversations/conv_0', status: 404 }],
  'POST /v1/conversations/:id': [
    { path: '/v1/conversations/conv_0', body: { metadata: { a: 'b' } }, status: 404 },
  ],
  'POST /v1/responses/:id/cancel': [{ path: '/v1/responses/resp_0/cancel', body: {}, status: 404 }],
  'GET /v1/hum/sessions': [{ path: '/v1/hum/sessions', status: 200 }],
  'DELETE /v1/hum/sessions/:id': [{ path: '/v1/hum/sessions/0', status: 404 }],
  'GET /v1/usage': [{ path: '/v1/usage?from=2026-01-01&to=2026-01-02', status: 200 }],

  'GET /v1/messages/batches': [{ path: '/v1/messages/batches', status: 404 }],
  'POST /v1/messages/batches': [{ path: '/v1/messages/batches', body: { requests: [] }, status: 404 }],
  'DELETE /v1/messages/batches': [{ path: '/v1/messages/batches', status: 404 }],
  'GET /v1/messages/batches/*': [{ path: '/v1/messages/batches/b', status: 404 }],
  'POST /v1/messages/batches/*': [{ path: '/v1/messages/batches/b/cancel', body: {}, status: 404 }],
  'DELETE /v1/messages/batches/*': [{ path: '/v1/messages/batches/b', status: 404 }],
  'POST /v1/messages': [
    { body: anthropicMessages, status: 200 },
    { body: { ...anthropicMessages, stream: false }, status: 200 },
    { body: { ...anthropicMessages, messages: [{ role: 'user', content: CALLS }] }, status: 200 },
    {
      body: {
        model: MODEL,
        max_tokens: 20,
        messages: [{ role: 'user', content: ANSWER }],
        output_config: { format: { type: 'json_schema', schema: ANSWER_SCHEMA } },
      },
      status: 200,
    },
  ],
  'POST /v1/messages/count_tokens': [{ body: anthropicMessages, status: 200 }],
};

export interface ShotRoute {
  readonly method: string;
  /** As it is declared. */
  readonly path: string;
  readonly requests: readonly RichRequest[];
}

/**
 * Every method and path that the three surfaces have, with its good requests; none where this file has none. What is the same
 * without `/v1` is asked the same, and what only says that it is not offered is asked anything.
 */
export function routesOfAllSurfaces(): readonly ShotRoute[] {
  const nobody: Conversation = {
    turn: () => {
      throw new Error('nobody is there');
    },
    models: () => [],
    link: () => 'down',
    callTool: () => Promise.reject(new Error('nobody is there')),
  };
  const context: SurfaceContext = {
    turns: nobody,
    mesh: toMesh(nobody),
    grantRights: (request) => request,
    streams: new OpenStreams(systemClock, { headerHoldMs: 1, clientStallMs: 1 }),
    clock: systemClock,
    log: pino({ level: 'silent' }),
    detached: new Set(),
    settings: {
      maxBodyBytes: 1,
      maxTotalBodyBytes: 1_000_000,
      bodyTimeoutMs: 1,
      maxImageBytes: 1,
      imageUrls: 'pass',
      maxMessages: 1,
      maxTools: 1,
      maxImages: 1,
      embedTool: 'embed',
      reasoningField: 'both',
      webSockets: true,
      keepAlive: '5m',
      maxBackground: 8,
      maxKeptStreams: 100,
      maxKeptStreamBytes: 1_000_000,
      keptStreamMs: 60_000,
      version: '0.0.0',
    },
    secret: 'a secret',
    sessions: { list: async () => [], delete: async () => false },
    usage: { usage: async () => ({ rows: [], unread: [] }) },
  };
  return [createAnthropicSurface, createOpenAISurface, createOllamaSurface].flatMap((create) =>
    create(context).routes.flatMap(({ methods, path }) =>
      methods.map((method) => ({ method, path, requests: requestsOf(method, path, methods.length) })),
    ),
  );
}

const METHODS_OF_WHAT_IS_NOT_OFFERED = 5;

function requestsOf(method: string, path: string, methods: number): readonly RichRequest[] {
  if (methods === METHODS_OF_WHAT_IS_NOT_OFFERED) {
    return [{ path: path.replace('*', 'x'), body: { model: MODEL, file: [{ a: 1 }] }, status: 404 }];
  }
  const own = RICH_REQUESTS[`${method} ${path}`];
  if (own) return own;
  return (RICH_REQUESTS[`${method} /v1${path}`] ?? []).map((request) => ({
    ...request,
    path: (request.path ?? `/v1${path}`).slice('/v1'.length),
  }));
}

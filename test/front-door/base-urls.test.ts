/** Base URLs with a piece too many or too few: each request reaches the route that it means, behind every guard. */
import { describe, expect, it } from 'vitest';
import { head, type RawAnswer, rawExchange } from '../http/raw-exchange.js';
import { openWebSocketClient } from '../http/open-web-socket.js';
import { startWorld } from './world.js';

const MODEL = 'claude-sonnet-4';
const messages = [{ role: 'user', content: 'hi' }];
const whole = { model: MODEL, messages, stream: false };

/** What is asked, and what the answer of the route that is meant looks like. */
const MEANT = {
  chat: { method: 'POST', body: whole, has: /"message":\{"role":"assistant"/ },
  generate: { method: 'POST', body: { model: MODEL, prompt: 'hi', stream: false }, has: /"response":/ },
  tags: { method: 'GET', body: undefined, has: /^\{"models":\[/ },
  show: { method: 'POST', body: { model: MODEL }, has: /"model_info":/ },
  version: { method: 'GET', body: undefined, has: /^\{"version":/ },
  embed: { method: 'POST', body: { model: MODEL, input: [] }, has: /"embeddings":\[\]/ },
  oldEmbed: { method: 'POST', body: { model: MODEL, prompt: '' }, has: /^\{"embedding":\[\]/ },
  completions: { method: 'POST', body: whole, has: /"object":"chat.completion"/ },
  text: { method: 'POST', body: { model: MODEL, prompt: 'hi' }, has: /"object":"text_completion"/ },
  embeddings: { method: 'POST', body: { model: MODEL, input: 5 }, has: /"type":"invalid_request_error"/ },
  models: { method: 'GET', body: undefined, has: /^\{"object":"list"/ },
  model: { method: 'GET', body: undefined, has: /^\{"id":"claude-sonnet-4","object":"model"/ },
  responses: { method: 'POST', body: { model: MODEL, input: 'hi' }, has: /"object":"response"/ },
  response: { method: 'GET', body: undefined, has: /resp_none/ },
  messages: { method: 'POST', body: { ...whole, max_tokens: 99 }, has: /"type":"message"/ },
  count: { method: 'POST', body: { model: MODEL, messages }, has: /^\{"input_tokens":/ },
} as const;

const ANSWERED: readonly (readonly [keyof typeof MEANT, readonly string[]])[] = [
  [
    'chat',
    ['/chat', '/v1/chat', '/v1/api/chat', '/api/api/chat', '/api/chat/api/chat', '/api/generate/api/chat'],
  ],
  ['chat', ['/ollama/api/chat', '/v1/chat/completions/api/chat', '/v1/api/v1/api/chat', '/./api/chat']],
  ['generate', ['/generate', '/v1/api/generate', '/api/generate/api/generate']],
  ['tags', ['/tags', '/v1/api/tags', '/api/chat/api/tags', '/ollama/api/tags']],
  ['show', ['/show', '/v1/api/show', '/api/api/show']],
  ['version', ['/version', '/v1/api/version']],
  ['embed', ['/embed', '/v1/embed', '/v1/api/embed']],
  ['oldEmbed', ['/v1/api/embeddings', '/ollama/api/embeddings']],
  [
    'completions',
    ['/chat/completions', '/chat/completions/', '/api/chat/completions', '/api/v1/chat/completions'],
  ],
  ['completions', ['/v1/v1/chat/completions', '/openai/v1/chat/completions', '/v1/openai/chat/completions']],
  [
    'completions',
    ['//v1/chat/completions', '/v1//chat/completions', '/v1/./chat/completions', '//v1//chat//completions//'],
  ],
  ['completions', ['/v1/chat/completions/chat/completions', '/v1/chat/completions/v1/chat/completions']],
  ['text', ['/completions', '/v1/v1/completions', '/api/v1/completions', '//v1/completions']],
  ['embeddings', ['/embeddings', '/v1/v1/embeddings', '/api/v1/embeddings', '//v1/embeddings']],
  [
    'models',
    [
      '/models',
      '/models/',
      '/v1/v1/models',
      '/api/models',
      '/api/v1/models',
      '//models',
      '/v1/chat/completions/models',
    ],
  ],
  [
    'model',
    [
      `/models/${MODEL}`,
      `/v1/v1/models/${MODEL}`,
      `//v1/models/${MODEL}`,
      `/api/v1/models/${MODEL}/`,
      `//v1//models//${MODEL}`,
    ],
  ],
  [
    'responses',
    [
      '/responses',
      '/responses/',
      '/v1/v1/responses',
      '/api/v1/responses',
      '//v1/responses',
      '/v1/responses/responses',
    ],
  ],
  ['response', ['/responses/resp_none', '/v1/v1/responses/resp_none']],
  [
    'messages',
    [
      '/messages',
      '/v1/v1/messages',
      '/api/v1/messages',
      '//v1/messages',
      '/anthropic/v1/messages',
      '/v1/messages/v1/messages',
    ],
  ],
  [
    'count',
    ['/messages/count_tokens', '/v1/v1/messages/count_tokens', '/v1/messages/v1/messages/count_tokens'],
  ],
];

function request(method: string, path: string, body: unknown, ...fields: readonly string[]): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [`${method} ${path} HTTP/1.1`, 'host: localhost', ...fields];
  if (text !== '') lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(text)}`);
  return head(...lines) + text;
}

/** Asks as a client does that goes where it is sent. */
async function follow(url: string, method: string, path: string, body: unknown): Promise<RawAnswer> {
  const first = await rawExchange(url, request(method, path, body));
  const location = first.headers.get('location');
  return location === undefined ? first : rawExchange(url, request(method, location, body));
}

describe('a base URL with a piece too many or too few', () => {
  it.each(ANSWERED)('reaches %s: %j', async (name, paths) => {
    const { url } = await startWorld();
    const { method, body, has } = MEANT[name];
    for (const path of paths) {
      const { status, body: text } = await rawExchange(url, request(method, path, body));
      expect({ path, status, text }).toEqual({
        path,
        status: expect.any(Number),
        text: expect.stringMatching(has),
      });
    }
  });

  it.each([
    ['POST', '//api/chat', 307, '/api/chat'],
    ['POST', '/api//chat', 307, '/api/chat'],
    ['POST', '/api/chat/', 307, '/api/chat'],
    ['POST', '/api/chat//', 307, '/api/chat'],
    ['POST', '///api///generate///', 307, '/api/generate'],
    ['GET', '//api/tags', 307, '/api/tags'],
    ['GET', '//api/tags?a=//b', 307, '/api/tags?a=//b'],
    ['GET', '/api/tags/', 301, '/api/tags'],
    ['GET', '//', 307, '/'],
    ['POST', '//v1/api/chat', 307, '/v1/api/chat'],
    ['POST', '//evil.example/..//api/chat', 307, '/api/chat'],
  ])(
    'that cleans to a path of Ollama is redirected as Ollama does: %s %s',
    async (method, path, status, location) => {
      const { url } = await startWorld();
      const answer = await rawExchange(url, request(method, path, undefined));
      expect([answer.status, answer.headers.get('location')]).toEqual([status, location]);
      if (method === 'POST') {
        const followed = await follow(url, method, path, {
          model: MODEL,
          messages,
          prompt: 'hi',
          stream: false,
        });
        expect([followed.status, /"done":true/.test(followed.body)]).toEqual([200, true]);
      }
    },
  );

  it.each([
    '/API/chat',
    '//evil.example',
    '//evil.example/',
    '/v2/chat/completions',
    '/api',
    '/v1',
    '/v1/api',
    '/x/api/chat',
    '/v1/chat/completions/x',
  ])('means nothing where no route is meant: %s is a 404 that leads nowhere', async (path) => {
    const { url } = await startWorld();
    const answer = await rawExchange(url, request('POST', path, whole));
    expect([answer.status, answer.headers.get('location')]).toEqual([404, undefined]);
  });

  it('has the methods of the route that it means', async () => {
    const { url } = await startWorld();
    for (const path of ['/v1/v1/chat/completions', '/chat/completions', '/messages', '/v1/api/chat']) {
      const answer = await rawExchange(url, request('DELETE', path, undefined));
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, 'POST']);
    }
  });

  it.each(['/responses', '/v1/v1/responses', '/api/v1/responses', '//v1/responses'])(
    'opens a WebSocket where the route does: %s',
    async (path) => {
      const { url } = await startWorld();
      const client = await openWebSocketClient(url + path);
      client.send({ type: 'response.create', model: MODEL, input: 'hi' });
      const [last] = (await client.until('response.completed', 'error')).slice(-1);
      expect(last?.type).toBe('response.completed');
    },
  );

  it('has the errors and the headers of the surface that it means', async () => {
    const { url } = await startWorld();
    const bad = { ...whole, model: 'nothing' };
    const openai = await rawExchange(url, request('POST', '/api/v1/chat/completions', bad));
    expect([openai.status, JSON.parse(openai.body)]).toMatchObject([
      404,
      { error: { code: 'model_not_found' } },
    ]);
    expect(openai.headers.get('openai-version')).toBe('2020-10-01');
    const anthropic = await rawExchange(url, request('POST', '/messages', { ...bad, max_tokens: 9 }));
    expect([anthropic.status, JSON.parse(anthropic.body)]).toMatchObject([404, { type: 'error' }]);
    expect(anthropic.headers.has('openai-version')).toBe(false);
    const ollama = await rawExchange(url, request('POST', '/v1/api/chat', bad));
    expect([ollama.status, ollama.body]).toEqual([404, '{"error":"model \'nothing\' not found"}']);
  });
});

describe('the guards of a route hold for every path that means it', () => {
  const PATHS = [
    '//api/chat',
    '/v1/api/chat',
    '/chat',
    '/chat/completions',
    '//v1/messages',
    '/responses',
    '/messages',
    '/api/chat/',
  ];

  it.each(PATHS)('host, origin and key: %s', async (path) => {
    const { url, sentOf } = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'secret' } });
    const text = JSON.stringify({ ...whole, input: 'hi', max_tokens: 9 });
    const ask = (...fields: readonly string[]) =>
      rawExchange(url, head(`POST ${path} HTTP/1.1`, `content-length: ${text.length}`, ...fields) + text);
    expect((await ask('host: evil.example', 'authorization: Bearer secret')).status).toBe(403);
    const page = ['origin: https://evil.example', 'authorization: Bearer secret'];
    expect((await ask('host: localhost', ...page)).status).toBe(403);
    expect((await ask('host: localhost')).status).toBe(401);
    expect((await ask('host: localhost', 'authorization: Bearer wrong')).status).toBe(401);
    expect(sentOf('prompt')).toEqual([]);
    expect([200, 307]).toContain((await ask('host: localhost', 'authorization: Bearer secret')).status);
  });

  it('the rate limit counts each of them', async () => {
    const { url } = await startWorld({ env: { OLLAMA_SERVER_REQUESTS_PER_MINUTE: '2' } });
    const statuses: number[] = [];
    for (const path of ['/models', '/v1/v1/models', '//api/tags', '/api/v1/models'])
      statuses.push((await rawExchange(url, request('GET', path, undefined))).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  it('no path opens what only an operator may see, and none closes what is open', async () => {
    const { url } = await startWorld({ env: { OLLAMA_SERVER_API_KEY: 'secret' } });
    for (const path of [
      '//metrics',
      '/./metrics',
      '/ui//api/status',
      '//api/tags',
      '/healthz/../metrics',
      '/models',
    ])
      expect([path, (await rawExchange(url, request('GET', path, undefined))).status]).toEqual([path, 401]);
    for (const path of ['//healthz', '/healthz/', '//'])
      expect([200, 307]).toContain((await rawExchange(url, request('GET', path, undefined))).status);
  });

  it('the figures name the route and never what the client wrote', async () => {
    const { url } = await startWorld();
    for (const path of ['/models', '/v1/v1/models', '//v1//models', '/openai/v1/models'])
      await rawExchange(url, request('GET', path, undefined));
    const { body } = await rawExchange(url, request('GET', '/metrics', undefined));
    const routes = [...body.matchAll(/route="([^"]*)"/g)].map(([, route]) => route);
    expect(new Set(routes)).toEqual(new Set(['/v1/models']));
  });
});

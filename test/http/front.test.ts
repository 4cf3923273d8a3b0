/** What every request meets before a surface sees it, over a real port. */
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import type { Conversation } from '../conversation.js';
import { createOllamaSurface } from '../../src/http/ollama/surface.js';
import { createOpenAISurface } from '../../src/http/openai/surface.js';
import { modelOf } from '../model.js';
import { head, type RawAnswer, rawExchange } from './raw-exchange.js';
import { type ServedSurface, serveSurface } from './serve-surface.js';

const EVIL = 'https://evil.example';
const APP = 'http://localhost:3000';

const finish: Event = {
  type: 'finish',
  reason: 'stop',
  usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 0, estimated: false },
};
const answer: readonly (readonly Event[])[] = [
  [{ type: 'ready' }, { type: 'text-delta', text: 'one ' }],
  [{ type: 'text-delta', text: 'two' }],
  [finish],
];

interface Served {
  readonly url: string;
  /** How often the conversation was asked for anything. */
  asked(): number;
}

/** Each surface alone on a port: its words are the words of all paths. */
async function serve(
  create: ServedSurface['create'],
  settings: Partial<ServedSurface> & { readonly events?: readonly (readonly Event[])[] } = {},
): Promise<Served> {
  let asked = 0;
  const conversation: Conversation = {
    async *turn() {
      asked++;
      yield* settings.events ?? answer;
    },
    models() {
      asked++;
      return [modelOf('m')];
    },
    link: () => 'up',
    callTool: () => Promise.reject(new Fault('not-offered', 'no bee on this hum offers it')),
  };
  const url = await serveSurface({ create, conversation, ...settings });
  return { url, asked: () => asked };
}

const serveOllama = (settings = {}) => serve(createOllamaSurface, settings);
const serveOpenAI = (settings = {}) => serve(createOpenAISurface, settings);

/** A POST whose body is there. */
function post(path: string, body: unknown, ...fields: readonly string[]): string {
  const text = JSON.stringify(body);
  return head(`POST ${path} HTTP/1.1`, 'host: localhost', `content-length: ${text.length}`, ...fields) + text;
}

const chat = (fields: Readonly<Record<string, unknown>> = {}) => ({
  model: 'm',
  messages: [{ role: 'user', content: 'hi' }],
  ...fields,
});

const corsOf = ({ headers }: RawAnswer) => [headers.get('access-control-allow-origin'), headers.get('vary')];

describe('a request for a host that is not ours', () => {
  it('gets a 403 in the words of Ollama', async () => {
    const { url } = await serveOllama();
    const refused = await rawExchange(url, head('GET /api/tags HTTP/1.1', 'host: evil.example'));
    expect([refused.status, refused.headers.get('content-type'), refused.body]).toEqual([
      403,
      'application/json; charset=utf-8',
      '{"error":"this server does not answer to the host evil.example; to allow it, add it to THE_HOSTS"}',
    ]);
  });

  it('gets a 403 in the words of OpenAI', async () => {
    const { url } = await serveOpenAI();
    const refused = await rawExchange(url, head('GET /v1/models HTTP/1.1', 'host: evil.example'));
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toEqual({
      error: {
        message: 'this server does not answer to the host evil.example; to allow it, add it to THE_HOSTS',
        type: 'request_forbidden',
        param: null,
        code: null,
      },
    });
  });

  it.each([
    ['GET / HTTP/1.1', 'host: evil.example'],
    ['HEAD / HTTP/1.1', 'host: evil.example'],
    ['GET /healthz HTTP/1.1', 'host: evil.example'],
    ['GET /nowhere HTTP/1.1', 'host: evil.example'],
    ['OPTIONS /api/chat HTTP/1.1', 'host: evil.example'],
    ['GET /api/tags HTTP/1.1', 'host: evil.example', `origin: ${APP}`],
    ['GET /api/tags HTTP/1.1', 'host: evil.example', 'origin: http://evil.example'],
    ['GET /api/tags HTTP/1.0', 'host: evil.example'],
    ['GET http://evil.example/api/tags HTTP/1.1', 'host: localhost'],
    ['GET http://evil.example/api/tags HTTP/1.1', 'host: evil.example'],
    ['GET http://localhost/api/tags HTTP/1.1', 'host: evil.example'],
    ['GET /api/tags HTTP/1.1', 'host: 203.0.113.9'],
  ])('is refused: %s, %s', async (...lines) => {
    const { url, asked } = await serveOllama();
    const refused = await rawExchange(url, head(...lines));
    expect(refused.status).toBe(403);
    expect(corsOf(refused)).toEqual([undefined, undefined]);
    expect(asked()).toBe(0);
  });
});

describe('a request that names no host, or more than one, or none that could be', () => {
  it.each([
    ['GET /api/tags HTTP/1.1'],
    ['GET /api/tags HTTP/1.0'],
    ['GET /api/tags HTTP/1.1', 'host:'],
    ['GET /api/tags HTTP/1.1', 'host: localhost', 'host: localhost'],
    ['GET /api/tags HTTP/1.1', 'host: localhost', 'Host: evil.example'],
    ['GET /api/tags HTTP/1.1', 'host: evil.example', 'Host: localhost'],
    ['GET /api/tags HTTP/1.1', 'host: evil@localhost'],
    ['GET /api/tags HTTP/1.1', 'host: localhost:80:80'],
    ['GET /api/tags HTTP/1.1', 'host: localhost:'],
    ['GET /api/tags HTTP/1.1', 'host: localhost:99999'],
    ['GET /api/tags HTTP/1.1', 'host: local host'],
    ['GET /api/tags HTTP/1.1', 'host: localhost/'],
    ['GET /api/tags HTTP/1.1', 'host: localhost, evil.example'],
    ['GET /api/tags HTTP/1.1', 'host: [::1'],
    ['GET /api/tags HTTP/1.1', 'host: \u00e9'],
    ['GET http://localhost/api/tags HTTP/1.1'],
    ['GET http://evil@localhost/api/tags HTTP/1.1', 'host: localhost'],
    ['GET http:///api/tags HTTP/1.1', 'host: localhost'],
    ['GET HTTP://localhost/api/tags HTTP/1.1', 'host: localhost'],
    ['GET ftp://localhost/api/tags HTTP/1.1', 'host: localhost'],
    ['GET /\\evil.example/ HTTP/1.1', 'host: localhost'],
    ['OPTIONS * HTTP/1.1', 'host: localhost'],
  ])('gets a 400: %s %s', async (...lines) => {
    const { url, asked } = await serveOllama();
    const refused = await rawExchange(url, head(...lines));
    expect(refused.status).toBe(400);
    expect(refused.body).not.toBe('');
    expect(refused.headers.get('x-request-id')).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(asked()).toBe(0);
  });
});

describe('a request without Host', () => {
  it('is told so in the words of each surface', async () => {
    const message = 'missing required Host header';
    const ollama = await rawExchange((await serveOllama()).url, head('GET /api/tags HTTP/1.1'));
    expect(JSON.parse(ollama.body)).toEqual({ error: message });
    const openai = await rawExchange((await serveOpenAI()).url, head('GET /v1/models HTTP/1.1'));
    expect(JSON.parse(openai.body)).toMatchObject({ error: { message, type: 'invalid_request_error' } });
  });
});

describe('a request for a host that is ours', () => {
  it.each([
    ['GET /api/tags HTTP/1.1', 'host: LOCALHOST.:1'],
    ['GET /api/tags HTTP/1.1', 'host: [::1]:11434'],
    ['GET /api/tags HTTP/1.0', 'host: 127.0.0.1'],
    ['GET http://127.0.0.1/api/tags HTTP/1.1', 'host: localhost'],
    ['GET https://localhost:1/api/tags?x=http://evil.example HTTP/1.1', 'host: localhost'],
  ])('is answered: %s, %s', async (...lines) => {
    const { url } = await serveOllama();
    const served = await rawExchange(url, head(...lines));
    expect([served.status, served.body.startsWith('{"models":')]).toEqual([200, true]);
    expect(corsOf(served)).toEqual([undefined, undefined]);
  });

  it('finds nothing on an odd path, and is sent to no other host by one', async () => {
    const { url } = await serveOllama();
    const ask = (path: string) => rawExchange(url, head(`GET ${path} HTTP/1.1`, 'host: localhost'));
    expect((await ask('//evil.example/api/tags')).status).toBe(404);
    expect((await ask('//')).headers.get('location')).toBe('/');
  });
});

describe('a refusal', () => {
  it.each([
    ['a foreign host', 403, {}, ['host: evil.example']],
    ['a foreign origin', 403, {}, ['host: localhost', `origin: ${EVIL}`]],
    ['a missing key', 401, { apiKey: 'secret' }, ['host: localhost']],
  ])('of %s does not wait for the body', async (_, status, settings, fields) => {
    const { url, asked } = await serveOllama(settings);
    const lines = ['POST /api/chat HTTP/1.1', ...fields, 'content-length: 500000'];
    const refused = await rawExchange(url, head(...lines));
    expect([refused.status, asked()]).toEqual([status, 0]);
  });

  it('comes instead of the invitation that a careful client waits for', async () => {
    const { url } = await serveOllama();
    const lines = ['POST /api/chat HTTP/1.1', 'content-length: 500000', 'expect: 100-continue'];
    const refused = await rawExchange(url, head(...lines, 'host: evil.example'));
    expect(refused.status).toBe(403);
  });

  it('does not come for a careful client that may ask', async () => {
    const { url } = await serveOllama();
    const asking = post('/api/chat', chat({ stream: false }), 'expect: 100-continue');
    const served = await rawExchange(url, asking);
    expect(served.raw.startsWith('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n')).toBe(true);
  });

  it('comes once: the next request on the same connection is answered', async () => {
    const { url } = await serveOllama();
    const first = 'GET /api/tags HTTP/1.1\r\nhost: evil.example\r\n\r\n';
    const both = await rawExchange(url, first + head('GET /api/version HTTP/1.1', 'host: localhost'));
    expect(both.raw.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 403', 'HTTP/1.1 200']);
  });
});

describe('a page of a foreign origin', () => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])('gets a 403 for %s', async (method) => {
    const { url, asked } = await serveOllama();
    for (const origin of [EVIL, 'null', 'http://localhost.evil.example']) {
      const refused = await rawExchange(
        url,
        head(`${method} /api/tags HTTP/1.1`, 'host: localhost', `origin: ${origin}`),
      );
      expect(refused.status).toBe(403);
      expect(corsOf(refused)).toEqual([undefined, undefined]);
    }
    expect(asked()).toBe(0);
  });

  it.each([
    ['GET', '/api/tags', 'no-cors', 403],
    ['GET', '/api/tags', 'navigate', 403],
    ['GET', '/v1/models', 'no-cors', 403],
    ['GET', '/ui/api/tones?request=ui-1', 'no-cors', 403],
    ['GET', '/', 'no-cors', 403],
    ['POST', '/api/chat', 'no-cors', 403],
    ['POST', '/api/chat', 'navigate', 403],
    ['GET', '/', 'navigate', 200],
  ])('that embeds or links to %s %s (%s) without an Origin gets %i', async (method, path, mode, status) => {
    const { url, asked } = await serveOllama();
    const fetched = ['sec-fetch-site: cross-site', `sec-fetch-mode: ${mode}`];
    const refused = await rawExchange(url, head(`${method} ${path} HTTP/1.1`, 'host: localhost', ...fetched));
    expect(refused.status).toBe(status);
    expect(asked()).toBe(0);
  });

  it.each([
    ['same-origin', 'no-cors'],
    ['same-site', 'no-cors'],
    ['none', 'navigate'],
    ['cross-site', 'cors'],
  ])('is not seen in sec-fetch-site: %s with the mode %s', async (site, mode) => {
    const { url } = await serveOllama();
    const fetched = [`sec-fetch-site: ${site}`, `sec-fetch-mode: ${mode}`];
    const served = await rawExchange(url, head('GET /api/tags HTTP/1.1', 'host: localhost', ...fetched));
    expect(served.status).toBe(200);
  });

  it('is told what to set, in the words of each surface', async () => {
    const message = 'this server does not answer pages of this origin; to allow it, add it to THE_ORIGINS';
    const ollama = await fetch(`${(await serveOllama()).url}/api/tags`, { headers: { origin: EVIL } });
    expect(await ollama.json()).toEqual({ error: message });
    const openai = await fetch(`${(await serveOpenAI()).url}/v1/models`, { headers: { origin: EVIL } });
    expect(await openai.json()).toMatchObject({ error: { message, type: 'request_forbidden' } });
  });

  it('is answered where all origins are allowed', async () => {
    const { url } = await serveOllama({ origins: ['*'] });
    for (const origin of [EVIL, 'null', APP]) {
      const served = await rawExchange(
        url,
        head('GET /api/tags HTTP/1.1', 'host: localhost', `origin: ${origin}`),
      );
      expect([served.status, ...corsOf(served)]).toEqual([200, '*', undefined]);
    }
    const embedded = ['sec-fetch-site: cross-site', 'sec-fetch-mode: no-cors'];
    const served = await rawExchange(url, head('GET /api/tags HTTP/1.1', 'host: localhost', ...embedded));
    expect(served.status).toBe(200);
  });

  it('is answered where its origin is allowed', async () => {
    const { url } = await serveOllama({ origins: ['https://*.example'] });
    const served = await rawExchange(
      url,
      head('GET /api/tags HTTP/1.1', 'host: localhost', `origin: ${EVIL}`),
    );
    expect([served.status, ...corsOf(served)]).toEqual([200, EVIL, 'Origin']);
  });
});

describe('the preflight of a browser', () => {
  const preflight = (origin: string, ...fields: readonly string[]) =>
    head('OPTIONS /v1/chat/completions HTTP/1.1', 'host: localhost', `origin: ${origin}`, ...fields);

  it('is answered without a key, and allows the headers that the page asks for', async () => {
    const { url, asked } = await serveOpenAI({ apiKey: 'secret' });
    const asks = 'authorization,content-type,x-stainless-os, x-whatever-comes-next';
    const allowed = await rawExchange(
      url,
      preflight(APP, 'access-control-request-method: POST', `access-control-request-headers: ${asks}`),
    );
    expect(allowed.status).toBe(204);
    expect(allowed.body).toBe('');
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS',
      'access-control-allow-headers': asks,
      'access-control-max-age': '43200',
      vary: 'Origin',
    });
    expect(allowed.headers.has('access-control-allow-private-network')).toBe(false);
    expect(allowed.headers.has('access-control-allow-credentials')).toBe(false);
    expect(asked()).toBe(0);
  });

  it('may ask to come from a public page to this private network', async () => {
    const { url } = await serveOpenAI();
    const asks = 'access-control-request-private-network: true';
    const allowed = await rawExchange(url, preflight(APP, asks));
    expect(allowed.headers.get('access-control-allow-private-network')).toBe('true');
  });

  it('gets no header names back that are none', async () => {
    const { url } = await serveOpenAI();
    const allowed = await rawExchange(url, preflight(APP, 'access-control-request-headers: a; <b>'));
    expect([allowed.status, allowed.headers.has('access-control-allow-headers')]).toEqual([204, false]);
  });

  it('is refused for a foreign origin', async () => {
    const { url } = await serveOpenAI();
    const refused = await rawExchange(url, preflight(EVIL, 'access-control-request-method: POST'));
    expect([refused.status, ...corsOf(refused)]).toEqual([403, undefined, undefined]);
  });

  it('is not what OPTIONS without an origin is, which gets a bare 204', async () => {
    const { url } = await serveOllama({ apiKey: 'secret' });
    const bare = await rawExchange(url, head('OPTIONS /api/chat HTTP/1.1', 'host: localhost'));
    expect([bare.status, bare.body, ...corsOf(bare)]).toEqual([204, '', undefined, undefined]);
    expect(bare.headers.has('access-control-allow-methods')).toBe(false);
  });
});

describe('a stream for a page', () => {
  const withoutTimes = (body: string) =>
    body.replace(/"(?:id|created|created_at)":(?:"[^"]*"|\d+)|"\w+_duration":\d+/g, '');

  it.each([
    ['OpenAI', createOpenAISurface, '/v1/chat/completions', chat({ stream: true }), 'data: [DONE]\n\n'],
    ['Ollama', createOllamaSurface, '/api/chat', chat(), '}\n'],
  ] as const)('of %s is the same stream, with its headers', async (_, create, path, body, end) => {
    const { url } = await serve(create);
    const plain = await rawExchange(url, post(path, body));
    const forPage = await rawExchange(url, post(path, body, `origin: ${APP}`));
    expect([plain.status, forPage.status]).toEqual([200, 200]);
    expect([...corsOf(plain), ...corsOf(forPage)]).toEqual([undefined, undefined, APP, 'Origin']);
    expect(forPage.headers.get('access-control-expose-headers')).toContain('x-request-id');
    expect(forPage.body).toContain('two');
    expect(forPage.body.endsWith(end)).toBe(true);
    expect(withoutTimes(forPage.body)).toBe(withoutTimes(plain.body));
    expect(forPage.raw.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('that fails midway tells it in-band, and nothing else gets into the body', async () => {
    const events: readonly (readonly Event[])[] = [
      [{ type: 'text-delta', text: 'one' }],
      [{ type: 'fault', fault: new Fault('worker-error', 'no credit') }],
    ];
    const { url } = await serveOllama({ events });
    const forPage = await rawExchange(url, post('/api/chat', chat(), `origin: ${APP}`));
    const lines = forPage.body.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ message: { role: 'assistant', content: 'one' } }),
      { error: 'no credit' },
    ]);
    expect(corsOf(forPage)).toEqual([APP, 'Origin']);
  });

  it('has its headers when the first event comes, while the rest is still to come', async () => {
    let release = () => {};
    const rest = new Promise<void>((resolve) => {
      release = resolve;
    });
    const conversation: Conversation = {
      async *turn() {
        yield [{ type: 'text-delta', text: 'one' }];
        await rest;
        yield [finish];
      },
      models: () => [modelOf('m')],
      link: () => 'up',
      callTool: () => Promise.reject(new Fault('not-offered', 'no bee on this hum offers it')),
    };
    const url = await serveSurface({ create: createOpenAISurface, conversation });
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { origin: APP, 'x-request-id': 'mine' },
      body: JSON.stringify(chat({ stream: true })),
    });
    expect(response.headers.get('access-control-allow-origin')).toBe(APP);
    expect(response.headers.get('x-request-id')).toBe('mine');
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
    release();
    expect(await response.text()).toContain('data: [DONE]');
  });
});

const broken: Event = { type: 'fault', fault: new Fault('internal', 'broken') };
const failed: Event = { type: 'fault', fault: new Fault('worker-error', 'no credit') };
const big = chat({ pad: 'x'.repeat(2_000) });

describe('an answer of any kind', () => {
  it.each<[string, number, Parameters<typeof serveOllama>[0], string]>([
    ['whole', 200, {}, post('/api/chat', chat({ stream: false }), `origin: ${APP}`)],
    ['streamed', 200, {}, post('/api/chat', chat(), `origin: ${APP}`)],
    ['plain text', 200, {}, head('GET /healthz HTTP/1.1', 'host: localhost', `origin: ${APP}`)],
    ['to HEAD', 200, {}, head('HEAD / HTTP/1.1', 'host: localhost', `origin: ${APP}`)],
    ['to OPTIONS', 204, {}, head('OPTIONS / HTTP/1.1', 'host: localhost', `origin: ${APP}`)],
    ['a redirect', 301, {}, head('GET /api/tags/ HTTP/1.1', 'host: localhost', `origin: ${APP}`)],
    ['a bad body', 400, {}, post('/api/chat', '', `origin: ${APP}`)],
    ['no key', 401, { apiKey: 'k' }, post('/api/chat', chat(), `origin: ${APP}`)],
    ['no route', 404, {}, head('GET /no HTTP/1.1', 'host: localhost', `origin: ${APP}`)],
    ['no method', 405, {}, head('GET /api/chat HTTP/1.1', 'host: localhost', `origin: ${APP}`)],
    ['too large', 413, { maxBodyBytes: 1_000 }, post('/api/chat', big, `origin: ${APP}`)],
    ['a mistake', 500, { events: [[broken]] }, post('/api/chat', chat({ stream: false }), `origin: ${APP}`)],
    ['a failure', 502, { events: [[failed]] }, post('/api/chat', chat(), `origin: ${APP}`)],
  ])('has a request id, and is for the page that asked: %s', async (_, status, settings, bytes) => {
    const { url } = await serveOllama(settings);
    const served = await rawExchange(url, bytes);
    expect(served.status).toBe(status);
    expect(served.headers.get('x-request-id')).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(corsOf(served)).toEqual([APP, 'Origin']);
  });

  it('has the id that the client gave, as an error too', async () => {
    const { url } = await serveOllama();
    const lines = ['host: evil.example', 'x-client-request-id: trace-1'];
    const refused = await rawExchange(url, head('GET / HTTP/1.1', ...lines));
    expect([refused.status, refused.headers.get('x-request-id')]).toEqual([403, 'trace-1']);
  });

  it('has an id in place of one that is not sane', async () => {
    const { url } = await serveOllama();
    const served = await rawExchange(
      url,
      head('GET / HTTP/1.1', 'host: localhost', 'x-request-id: a', 'x-request-id: b'),
    );
    expect(served.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('has one to an expectation that nobody knows, which is no reason to refuse', async () => {
    const { url } = await serveOllama();
    const served = await rawExchange(url, head('GET / HTTP/1.1', 'host: localhost', 'expect: wonders'));
    expect([served.status, served.headers.has('x-request-id')]).toEqual([200, true]);
  });
});

describe("OpenAI's own headers", () => {
  it.each<[string, number, string]>([
    ['whole', 200, post('/v1/chat/completions', chat())],
    ['streamed', 200, post('/v1/chat/completions', chat({ stream: true }))],
    ['the list', 200, head('GET /v1/models HTTP/1.1', 'host: localhost')],
    ['an error', 400, post('/v1/chat/completions', '')],
    ['no route', 404, head('GET /v1/no HTTP/1.1', 'host: localhost')],
    ['refused', 403, head('GET /v1/models HTTP/1.1', 'host: evil.example')],
  ])('are on every answer under /v1: %s', async (_, status, bytes) => {
    const { url } = await serveOpenAI();
    const { headers, ...served } = await rawExchange(url, bytes);
    expect(served.status).toBe(status);
    expect(headers.get('openai-version')).toBe('2020-10-01');
    expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/);
  });

  it.each(['/api/tags', '/healthz', '/v1/messages', '/v1/messages/count_tokens'])(
    'are not on %s',
    async (path) => {
      const { url } = await serveOllama();
      const { headers } = await rawExchange(url, head(`GET ${path} HTTP/1.1`, 'host: localhost'));
      expect([headers.has('openai-version'), headers.has('openai-processing-ms')]).toEqual([false, false]);
    },
  );
});

describe('a connection that was refused', () => {
  it('stays usable when the unread body comes after all', async () => {
    const { url } = await serveOllama();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    onTestFinished(() => void socket.destroy());
    let received = '';
    const until = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (received.includes(text)) resolve();
        };
        socket.on('data', look);
        socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(received)}`)));
        look();
      });
    socket.on('data', (text) => {
      received += text;
    });
    socket.write('POST /api/chat HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 4\r\n\r\n');
    await until('HTTP/1.1 403');
    socket.write('body');
    socket.write('GET /api/version HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await until('{"version":"0.0.0"}');
  });
});

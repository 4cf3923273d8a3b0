import { describe, expect, it } from 'vitest';
import { JSON_TYPE } from './ask-server.js';
import { FixedClock } from './fixed-clock.js';
import { CHAT, DIGEST, EMBED, GENERATE, PULL, SHOW, TAGS } from './golden.js';
import { finish, hello, type ScriptedServer, saying, startServer } from './scripted-server.js';

const NDJSON = 'application/x-ndjson';
const PLAIN = 'text/plain; charset=utf-8';
/** Of `stream: false` on the routes that report progress. */
const BARE_JSON = 'application/json';

type Method = 'GET' | 'POST' | 'DELETE' | 'HEAD';

/** What is sent, and all that comes back. */
interface Exchange {
  readonly method?: Method;
  readonly path?: string;
  /** Sent as JSON; text as it is. */
  readonly body?: unknown;
  readonly status: number;
  readonly contentType?: string;
  /** The whole body; an object with `error` and nothing else is written as its text. */
  readonly answer: string | { readonly error: string };
}

interface Row {
  readonly path: string;
  readonly method: Method;
  readonly good: Exchange;
  readonly unknownModel?: Exchange;
  readonly badBody?: Exchange;
  /** A method that it does not take, and those that it does. */
  readonly wrong: readonly [Method, string];
}

const ask = { model: 'm', stream: false };
const messages = [{ role: 'user', content: 'hi' }];

function refused(body: unknown, error: string, status = 400): Exchange {
  return { body, status, answer: { error } };
}

const field = (struct: string, name: string) =>
  `json: cannot unmarshal number into Go struct field ${struct}.${name} of type string`;
const missing = (quoted: string) => `model ${quoted} not found`;
const inHum = (action: string) => ({ error: `models live in hum: this server cannot ${action}` });

const ROWS: readonly Row[] = [
  {
    ...{ path: '/', method: 'GET', wrong: ['POST', 'GET, HEAD'] },
    good: { status: 200, contentType: PLAIN, answer: 'Ollama is running' },
  },
  {
    ...{ path: '/', method: 'HEAD', wrong: ['DELETE', 'GET, HEAD'] },
    good: { status: 200, contentType: PLAIN, answer: '' },
  },
  {
    ...{ path: '/api/version', method: 'GET', wrong: ['POST', 'GET, HEAD'] },
    good: { status: 200, answer: '{"version":"0.99.1"}' },
  },
  {
    ...{ path: '/api/version', method: 'HEAD', wrong: ['DELETE', 'GET, HEAD'] },
    good: { status: 200, answer: '' },
  },
  {
    ...{ path: '/api/status', method: 'GET', wrong: ['HEAD', 'GET'] },
    good: { status: 200, answer: '{"cloud":{"disabled":true,"source":"config"}}' },
  },
  {
    ...{ path: '/api/tags', method: 'GET', wrong: ['POST', 'GET, HEAD'] },
    good: { status: 200, answer: TAGS },
  },
  {
    ...{ path: '/api/tags', method: 'HEAD', wrong: ['DELETE', 'GET, HEAD'] },
    good: { status: 200, answer: '' },
  },
  {
    ...{ path: '/api/ps', method: 'GET', wrong: ['HEAD', 'GET'] },
    good: { status: 200, answer: '{"models":[]}' },
  },
  {
    ...{ path: '/api/chat', method: 'POST', wrong: ['GET', 'POST'] },
    good: { body: { ...ask, messages }, status: 200, answer: CHAT },
    unknownModel: refused({ model: 'no:pe', messages: [] }, missing("'no:pe'"), 404),
    badBody: refused({ model: 1 }, field('ChatRequest', 'model')),
  },
  {
    ...{ path: '/api/generate', method: 'POST', wrong: ['DELETE', 'POST'] },
    good: { body: { ...ask, prompt: 'hi' }, status: 200, answer: GENERATE },
    unknownModel: refused({ model: 'nope' }, missing("'nope'"), 404),
    badBody: refused({ prompt: 1 }, field('GenerateRequest', 'prompt')),
  },
  {
    ...{ path: '/api/embed', method: 'POST', wrong: ['GET', 'POST'] },
    good: { body: { model: 'm', input: ['a', 'b'] }, status: 200, answer: EMBED },
    unknownModel: refused({ model: 'nope' }, `${missing('"nope"')}, try pulling it first`, 404),
    badBody: refused({ model: 'nope', input: [1] }, 'invalid input type'),
  },
  {
    ...{ path: '/api/embeddings', method: 'POST', wrong: ['GET', 'POST'] },
    good: { body: { model: 'm', prompt: 'a' }, status: 200, answer: '{"embedding":[3,4]}' },
    unknownModel: refused({ model: 'nope', prompt: 'a' }, `${missing('"nope"')}, try pulling it first`, 404),
    badBody: refused({ model: 'm', prompt: 1 }, field('EmbeddingRequest', 'prompt')),
  },
  {
    ...{ path: '/api/show', method: 'POST', wrong: ['GET', 'POST'] },
    good: { body: { name: 'm' }, status: 200, answer: SHOW },
    unknownModel: refused({ model: 'nope' }, missing("'nope:latest'"), 404),
    badBody: refused({ model: 1 }, field('ShowRequest', 'model')),
  },
  {
    ...{ path: '/api/pull', method: 'POST', wrong: ['GET', 'POST'] },
    good: { body: { name: 'm', insecure: true }, status: 200, contentType: NDJSON, answer: PULL },
    unknownModel: {
      ...{ body: { model: 'nope' }, status: 200, contentType: NDJSON },
      answer: '{"status":"pulling manifest"}\n{"error":"pull model manifest: file does not exist"}\n',
    },
    badBody: refused({ name: 1 }, field('PullRequest', 'name')),
  },
  {
    ...{ path: '/api/pull', method: 'POST', wrong: ['DELETE', 'POST'] },
    good: { body: ask, status: 200, contentType: BARE_JSON, answer: '{"status":"success"}' },
    unknownModel: {
      ...{ body: { model: 'nope', stream: false }, status: 500, contentType: BARE_JSON },
      answer: { error: 'pull model manifest: file does not exist' },
    },
    badBody: refused({ stream: false }, 'invalid model name'),
  },
  {
    ...{ path: '/api/push', method: 'POST', wrong: ['GET', 'POST'] },
    good: { body: { model: 'm' }, status: 501, answer: inHum('push a model') },
    unknownModel: {
      ...{ body: { name: 'nope' }, status: 200, contentType: NDJSON },
      answer:
        `{"status":"retrieving manifest"}\n{"status":"couldn't retrieve manifest"}\n` +
        `{"error":"model 'nope' not found"}\n`,
    },
    badBody: refused({}, 'model is required'),
  },
  {
    ...{ path: '/api/create', method: 'POST', wrong: ['GET', 'POST'] },
    good: { body: { model: 'mine', from: 'm' }, status: 501, answer: inHum('create a model') },
    unknownModel: { body: { model: 'mine', from: 'nope' }, status: 501, answer: inHum('create a model') },
    badBody: refused({ model: 'mine' }, "neither 'from' or 'files' was specified"),
  },
  {
    ...{ path: '/api/copy', method: 'POST', wrong: ['GET', 'POST'] },
    good: {
      ...{ body: { source: 'm', destination: 'mine' }, status: 501 },
      answer: inHum('copy a model; an alias of it can be configured'),
    },
    unknownModel: refused({ source: 'nope', destination: 'mine' }, missing('"nope"'), 404),
    badBody: refused({ source: 'm', destination: 'mine:' }, 'destination "mine:" is invalid'),
  },
  {
    ...{ path: '/api/delete', method: 'DELETE', wrong: ['POST', 'DELETE'] },
    good: { body: { name: 'm' }, status: 501, answer: inHum('delete a model') },
    unknownModel: refused({ model: 'nope' }, missing("'nope'"), 404),
    badBody: refused({ model: 'no pe' }, 'name "no pe" is invalid'),
  },
  {
    ...{ path: `/api/blobs/sha256:${DIGEST}`, method: 'POST', wrong: ['GET', 'POST, HEAD'] },
    good: { body: 'bytes', status: 501, answer: inHum('store the files of a model') },
    badBody: { ...refused('bytes', 'invalid digest format'), path: '/api/blobs/sha256:12' },
  },
  {
    ...{ path: `/api/blobs/sha256:${DIGEST}`, method: 'HEAD', wrong: ['DELETE', 'POST, HEAD'] },
    good: { status: 404, answer: '' },
    badBody: { path: '/api/blobs/md5:12', status: 400, answer: '' },
  },
  {
    ...{ path: '/api/me', method: 'POST', wrong: ['GET', 'POST'] },
    good: { status: 401, answer: { error: 'unauthorized' } },
  },
  {
    ...{ path: '/api/signout', method: 'POST', wrong: ['DELETE', 'POST'] },
    good: { status: 401, answer: { error: 'you are not currently signed in' } },
  },
  {
    ...{ path: '/api/user/keys/c3NoLWVk', method: 'DELETE', wrong: ['POST', 'DELETE'] },
    good: { status: 401, answer: { error: 'you are not currently signed in' } },
  },
  {
    ...{ path: '/api/experimental/web_search', method: 'POST', wrong: ['GET', 'POST'] },
    good: refused({ query: 'x' }, 'ollama cloud is disabled: web search is unavailable', 403),
    badBody: refused(' ', 'missing request body'),
  },
  {
    ...{ path: '/api/experimental/web_fetch', method: 'POST', wrong: ['GET', 'POST'] },
    good: refused({ url: 'x' }, 'ollama cloud is disabled: web fetch is unavailable', 403),
    badBody: refused('', 'missing request body'),
  },
  {
    ...{ path: '/api/experimental/model-recommendations', method: 'GET', wrong: ['POST', 'GET'] },
    good: { status: 200, answer: '{"recommendations":[]}' },
  },
];

/** The tool gives `[3, 4]` for `a` and `[2, 0]` for anything else. */
function start(): Promise<ScriptedServer> {
  return startServer(() => saying(hello, [finish]), {
    clock: new FixedClock(),
    callTool: async (_name, args) => ({
      embeddings: [args['input']].flat().map((text) => (text === 'a' ? [3, 4] : [2, 0])),
      promptTokens: 5,
    }),
  });
}

async function expectExchange(row: Row, exchange: Exchange): Promise<void> {
  const server = await start();
  const { body, answer, contentType = JSON_TYPE } = exchange;
  const response = await fetch(server.url + (exchange.path ?? row.path), {
    method: exchange.method ?? row.method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  expect({
    status: response.status,
    contentType: response.headers.get('content-type'),
    body: await response.text(),
  }).toEqual({
    status: exchange.status,
    contentType,
    body: typeof answer === 'string' ? answer : JSON.stringify(answer),
  });
}

describe.each(ROWS)('$method $path', (row) => {
  const { good, unknownModel, badBody } = row;

  const readsJson = row.method !== 'HEAD' && badBody !== undefined && !row.path.includes('/blobs/');
  const parsesJson = readsJson && !row.path.includes('/experimental/');
  const exchanges: [string, Exchange | undefined][] = [
    ['answers a good request', good],
    ['answers for an unknown model', unknownModel],
    ['refuses a bad body', badBody],
    ['refuses an empty body', readsJson ? refused('', 'missing request body') : undefined],
    ['refuses a body that is cut off', parsesJson ? refused('{"model":', 'unexpected EOF') : undefined],
  ];
  for (const [does, exchange] of exchanges) if (exchange) it(does, () => expectExchange(row, exchange));

  it('refuses another method', async () => {
    const server = await start();
    const [method, allow] = row.wrong;
    const response = await fetch(server.url + row.path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.get('allow')).toBe(allow);
    expect(await response.text()).toBe(method === 'HEAD' ? '' : '405 method not allowed');
  });

  if (row.path === '/') return;
  it('redirects a trailing slash', async () => {
    const server = await start();
    const response = await fetch(`${server.url}${row.path}/`, { method: row.method, redirect: 'manual' });
    expect(response.status).toBe(row.method === 'GET' ? 301 : 307);
    expect(response.headers.get('location')).toBe(row.path);
  });
});

describe('what the routes of models refuse', () => {
  it.each([
    ['/api/chat', {}, 400, 'model is required'],
    ['/api/generate', {}, 404, "model '' not found"],
    ['/api/embed', {}, 404, "model '' not found"],
    ['/api/embeddings', {}, 400, 'model is required'],
    ['/api/show', { model: '' }, 400, 'model is required'],
    ['/api/pull', { name: '' }, 400, 'invalid model name'],
    ['/api/push', {}, 400, 'model is required'],
    ['/api/create', {}, 400, 'invalid model name'],
    ['/api/copy', {}, 400, 'source "" is invalid'],
    ['/api/chat', { model: 'a b' }, 400, 'invalid model name'],
    ['/api/generate', { model: 'foo:' }, 400, 'invalid model name'],
    ['/api/embed', { model: '/foo' }, 400, 'invalid model name'],
    ['/api/embeddings', { model: 'a.b/c' }, 400, 'invalid model name'],
    ['/api/show', { model: '-x' }, 400, 'invalid model name'],
    ['/api/pull', { model: 'a/b/c/d' }, 400, 'invalid model name'],
    ['/api/create', { model: 'x y', from: 'm' }, 400, 'invalid model name'],
    ['/api/create', { model: 'x', from: 'x y' }, 400, 'invalid model name'],
    ['/api/create', { model: 'x', files: {} }, 400, 'no files provided to convert'],
    ['/api/create', { model: 'x', files: { '/a': `sha256:${DIGEST}` } }, 400, 'file path must be relative'],
    ['/api/create', { model: 'x', files: { a: 'sha256:1' } }, 400, 'invalid digest format'],
    ['/api/show', { model: 'lib/Nope:7b' }, 404, "model 'lib/Nope:7b' not found"],
    ['/api/show', { model: 'library/nope' }, 404, "model 'nope:latest' not found"],
    ['/api/chat', { model: 'm:cloud:local' }, 400, 'use either :local or :cloud, not both: "m:cloud:local"'],
    ['/api/chat', { model: 'm:cloud' }, 403, 'ollama cloud is disabled: remote model is unavailable'],
    ['/api/generate', { model: 'x:1b-cloud' }, 403, 'ollama cloud is disabled: remote model is unavailable'],
    [
      '/api/show',
      { model: 'x:cloud' },
      403,
      'ollama cloud is disabled: remote model details are unavailable',
    ],
    ['/api/pull', { model: 'http://h/n/m2' }, 400, 'insecure protocol http'],
  ])('%s %j', async (path, body, status, error) => {
    const server = await start();
    const response = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
    expect([response.status, await response.json()]).toEqual([status, { error }]);
  });

  it('is empty for a body that is null', async () => {
    const server = await start();
    const response = await fetch(`${server.url}/api/show`, { method: 'POST', body: 'null' });
    expect(await response.json()).toEqual({ error: 'model is required' });
  });

  it('leaves the list of models as it is', async () => {
    const server = await start();
    const list = async () => (await fetch(`${server.url}/api/tags`)).text();
    const before = await list();
    for (const [method, path, body] of [
      ['POST', '/api/copy', { source: 'm', destination: 'x' }],
      ['POST', '/api/create', { model: 'x', from: 'm' }],
      ['POST', '/api/pull', { model: 'x' }],
      ['POST', '/api/push', { model: 'm' }],
      ['DELETE', '/api/delete', { model: 'm' }],
    ] as const) {
      await (await fetch(server.url + path, { method, body: JSON.stringify(body) })).text();
    }
    expect(await list()).toBe(before);
  });

  it('does nothing, and says so, where a model is copied onto itself', async () => {
    const server = await start();
    const body = JSON.stringify({ source: 'm', destination: 'M:latest' });
    const response = await fetch(`${server.url}/api/copy`, { method: 'POST', body });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('may pass while the link is down: nobody knows then who is there', async () => {
    const server = await startServer(() => saying([finish]), { link: 'down' });
    for (const path of ['/api/show', '/api/pull', '/api/push', '/api/embed', '/api/chat']) {
      const response = await fetch(server.url + path, { method: 'POST', body: '{"model":"later"}' });
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    }
  });
});

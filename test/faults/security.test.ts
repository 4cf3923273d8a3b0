/** What is kept from strangers: the port, the key, the prompts, the network behind the bridge. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { chat, script, startWorld } from '../front-door/world.js';
import { head, rawExchange } from '../http/raw-exchange.js';
import { type Program, runProgram, urlIn } from '../program/run-program.js';

const KEY = 'sk-the-key-that-nobody-may-see';
const WRONG_KEY = 'sk-a-key-that-is-none';
/** Stands in everything that a client may send as its own. */
const MARK = 'the-words-of-a-client';

/** A port that listens until the test is over. */
async function takenPort(): Promise<number> {
  const taken = createTcpServer();
  onTestFinished(() => void taken.close());
  return new Promise((resolve) =>
    taken.listen(0, '127.0.0.1', () => resolve(Number(Object(taken.address())['port']))),
  );
}

/** The journal of a program that has ended, line by line. */
function journalOf({ home }: Program): readonly Record<string, unknown>[] {
  const folder = join(home, 'state/hum/journal/ollama-server');
  return readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line));
}

describe('the program', () => {
  it.each([
    ['0.0.0.0', []],
    ['::', ['--nest', 'embedded']],
  ])(
    'does not listen on %s without a key: it ends with 78 and one line that says what to do',
    async (host, args) => {
      const { exitCode, stdout, stderr } = await runProgram(args, {
        env: { OLLAMA_SERVER_HOST: host },
      }).ended();
      expect([exitCode, stdout]).toEqual([78, '']);
      expect(stderr.trim().split('\n')).toEqual([
        expect.stringMatching(/^thrum-bridge: .*OLLAMA_SERVER_API_KEY.*--insecure/),
      ]);
      expect(stderr).toContain(host);
    },
  );

  it.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['with a key', [], { OLLAMA_SERVER_API_KEY: KEY }],
    ['with --insecure', ['--insecure'], {}],
  ])('listens there %s', async (_, args, env) => {
    const program = runProgram(args, { env: { OLLAMA_SERVER_HOST: '0.0.0.0', ...env } });
    expect(await program.startLine()).toContain('on http://0.0.0.0:');
  });

  it('listens on loopback where nothing is said', async () => {
    expect(await runProgram([]).startLine()).toContain('on http://127.0.0.1:');
  });

  it('takes no port before the whole configuration is found right', async () => {
    // The first hive's port cannot be had, and yet what is wrong with the second one is told.
    const env = { OLLAMA_SERVER_PORT: `${await takenPort()}`, OPENAI_SERVER_ORIGINS: 'no-scheme.example' };
    const { exitCode, stderr } = await runProgram(['ollama-server', 'openai-server'], { env }).ended();
    expect([exitCode, stderr]).toEqual([78, expect.stringContaining('origins has "no-scheme.example"')]);
  });

  it('shows neither its key nor a word of its clients: not in logs, errors, the journal or its configuration', async () => {
    const env = { OLLAMA_SERVER_API_KEY: KEY, LOG_LEVEL: 'trace' };
    const program = runProgram(['--nest', 'embedded'], { env });
    const url = urlIn(await program.startLine());
    const ask = async (path: string, body: string, key = KEY) => {
      const headers = { authorization: `Bearer ${key}`, 'x-hum-session': MARK, 'user-agent': MARK };
      const response = await fetch(`${url}${path}`, { method: 'POST', body, headers });
      return { status: response.status, text: await response.text() };
    };
    const refused: string[] = [];
    const paths = ['/api/chat', '/v1/chat/completions', '/v1/messages'];
    for (const path of paths) {
      const talk = (content: unknown, fields = {}) =>
        JSON.stringify({
          ...chat(''),
          max_tokens: 9,
          system: MARK,
          messages: [{ role: 'user', content }],
          ...fields,
        });
      expect(await ask(path, talk(MARK))).toMatchObject({ status: 200, text: expect.stringContaining(MARK) });
      expect((await ask(path, talk(MARK, { stream: true }))).status).toBe(200);
      const answers = [
        await ask(path, talk(MARK), `${WRONG_KEY}`),
        await ask(path, talk(MARK).slice(0, -3)),
        await ask(path, `{"messages":"${MARK}" ${MARK}`),
        await ask(
          path,
          talk(MARK, { messages: [{ role: 'user', content: [{ type: 'text', text: MARK }, 5] }] }),
        ),
        await ask(path, talk('', { messages: MARK })),
        await ask(path, talk(`@script {"say":5,"x":"${MARK}"}`)),
        await ask(path, talk(`@script {"say":["${MARK}"],"error":{"message":"no credit"},"errorAfter":0}`)),
        await ask(`/nowhere?prompt=${MARK}`, talk(MARK)),
      ];
      expect(answers.map(({ status }) => status)).toEqual([401, 400, 400, 400, 400, 502, 502, 404]);
      refused.push(...answers.map(({ text }) => text));
    }
    program.process.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await program.ended();
    expect(exitCode).toBe(0);
    const shown = await runProgram(['--print-config'], { env }).ended();
    const journal = JSON.stringify(journalOf(program));
    expect(journal).toContain('"outcome":"stop"');
    for (const text of [stdout, stderr, journal, shown.stdout, shown.stderr, ...refused])
      for (const secret of [KEY, WRONG_KEY, MARK]) expect(text).not.toContain(secret);
  });

  it('writes down who was refused what, once for each request, and no turn twice', async () => {
    const env = { OLLAMA_SERVER_API_KEY: KEY, OLLAMA_SERVER_MAX_BODY_BYTES: '1000' };
    const program = runProgram(['--nest', 'embedded'], { env });
    const url = urlIn(await program.startLine());
    const authorization = `Bearer ${KEY}`;
    const send = (id: string, path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { authorization, 'x-request-id': id, ...init.headers } }).then(
        (response) => response.text(),
      );
    const post = (content: string, fields = {}) => ({
      method: 'POST',
      body: JSON.stringify(chat(content, fields)),
    });
    await send('no-key', '/api/chat', { ...post('a'), headers: { authorization: 'Bearer x' } });
    await send('origin', '/api/tags', { headers: { origin: 'https://evil.example' } });
    await send('no-route', `/nowhere${'/x'.repeat(200)}?secret=1`);
    await send('no-method', '/api/chat');
    await send('no-json', '/v1/chat/completions', { method: 'POST', body: '{' });
    await send('too-large', '/v1/messages', post('x'.repeat(2_000)));
    await send('no-embedder', '/v1/embeddings', { method: 'POST', body: '{"model":"echo","input":"a"}' });
    await send('no-model', '/api/chat', post('a', { model: 'nobody' }));
    await send('failed', '/api/chat', post(script({ error: { message: 'no' } }), { stream: false }));
    await send('fine', '/api/chat', post('a', { stream: false }));
    const leaving = new AbortController();
    const answer = post(script({ n: 10_000, ms: 10 }), { stream: false });
    const left = send('left', '/api/chat', { ...answer, signal: leaving.signal }).catch(() => undefined);
    const status = () => send('status', '/ui/api/status');
    await eventually(async () => expect(await status()).toContain('"requestId":"left"'));
    leaving.abort();
    await left;
    await eventually(async () => expect(await status()).not.toContain('"requestId":"left"'));
    await rawExchange(url, 'nonsense\r\n\r\n');
    await rawExchange(url, head('GET / HTTP/1.1', 'host: local host'));
    await rawExchange(url, head('GET / HTTP/1.1', 'host: evil.example', 'x-request-id: host'));
    const usage = await fetch(`${url}/v1/usage`, { headers: { authorization } }).then((answer) =>
      answer.json(),
    );
    program.process.kill('SIGTERM');
    await program.ended();
    const lines = journalOf(program);
    const requests = lines.filter(({ kind }) => kind === 'request');
    expect(requests.map(({ requestId, status, code }) => [requestId, status, code])).toEqual(
      expect.arrayContaining([
        ['no-key', 401, 'unauthorized'],
        ['origin', 403, 'forbidden'],
        ['no-route', 404, 'not-found'],
        ['no-method', 405, 'method-not-allowed'],
        ['no-json', 400, 'bad-request'],
        ['too-large', 413, 'body-too-large'],
        ['no-embedder', 501, 'not-offered'],
        [expect.stringMatching(/^req_/), 400, 'malformed-request'],
        ['host', 403, 'forbidden'],
      ]),
    );
    expect(requests.filter(({ code }) => code === 'malformed-request')).toHaveLength(2);
    const noRoute = requests.find(({ requestId }) => requestId === 'no-route');
    expect(noRoute).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      kind: 'request',
      requestId: 'no-route',
      logId: expect.stringMatching(/^req_/),
      keyId: expect.stringMatching(/^[0-9a-f]{8}$/),
      address: '127.0.0.1',
      method: 'GET',
      path: `/nowhere${'/x'.repeat(200)}`.slice(0, 200),
      status: 404,
      code: 'not-found',
      totalMs: expect.any(Number),
    });
    expect(requests.find(({ requestId }) => requestId === 'no-key')?.['keyId']).toBeNull();
    const ids = lines.map(({ requestId }) => requestId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(['no-model', 'failed', 'fine', 'left']));
    const turns = lines.filter(({ kind }) => kind === undefined);
    const counted = Object(usage)['data'].map((row: unknown) => Number(Object(row)['turns']));
    expect(counted.reduce((one: number, other: number) => one + other, 0)).toBe(turns.length);
  });
});

describe('the address of an image', () => {
  /** A server within the network of the bridge, and how often it was asked for anything. */
  async function insideServer(): Promise<{ readonly url: string; asked(): number }> {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.end('inside');
    });
    server.on('connection', () => asked++);
    onTestFinished(() => void server.close());
    const port = await new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve(Object(server.address())['port'])),
    );
    return { url: `http://127.0.0.1:${port}/image.png`, asked: () => asked };
  }

  const bodies = (url: string) => ({
    '/v1/chat/completions': chat('', {
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    }),
    '/v1/responses': {
      model: 'claude-sonnet-4',
      input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }],
    },
    '/v1/messages': chat('', {
      max_tokens: 9,
      messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }],
    }),
  });

  it('goes to the worker as it is, and is fetched by nobody here', async () => {
    const inside = await insideServer();
    const world = await startWorld();
    for (const [path, body] of Object.entries(bodies(inside.url))) {
      const answer = await world.post(path, body);
      expect([path, answer.status]).toEqual([path, 200]);
      await answer.text();
      expect(JSON.stringify(world.sentOf('prompt').at(-1)?.['attachments'])).toContain(inside.url);
    }
    expect(inside.asked()).toBe(0);
  });

  it.each([
    ['/v1/chat/completions', 'messages[0].content[0].image_url'],
    ['/v1/responses', 'input[0].content[0].image_url'],
    ['/v1/messages', 'messages.0.content.0.source.url'],
  ] as const)('is refused by %s with imageUrls refuse, with the name of the field', async (path, field) => {
    const inside = await insideServer();
    const world = await startWorld({ env: { OLLAMA_SERVER_IMAGE_URLS: 'refuse' } });
    const refused = await world.post(path, bodies(inside.url)[path]);
    expect(refused.status).toBe(400);
    const text = await refused.text();
    expect(text).toContain(field);
    expect(text).toContain('takes no image URLs');
    expect(text).not.toContain(inside.url);
    expect([world.sentOf('prompt'), inside.asked()]).toEqual([[], 0]);
  });

  it('is never taken by Ollama, whose images are base64', async () => {
    const inside = await insideServer();
    const world = await startWorld();
    const body = chat('', { messages: [{ role: 'user', content: 'a', images: [inside.url] }] });
    expect((await world.post('/api/chat', body)).status).toBe(400);
    expect(inside.asked()).toBe(0);
  });
});

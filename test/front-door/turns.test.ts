import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { until, withFrozenTimers } from '../frozen-timers.js';
import { head, rawExchange } from '../http/raw-exchange.js';
import { chat, parseStream, script, startWorld } from './world.js';

const text = (line: Record<string, unknown>) => String(Object(line['message'])['content'] ?? '');

describe('a turn', () => {
  it('never mixes with the 99 others that run beside it', async () => {
    const world = await startWorld();
    const words = (turn: number) => Array.from({ length: 40 }, (_, n) => `${turn}:${n} `);
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, turn) => {
        const path = turn % 2 === 0 ? '/api/chat' : '/v1/chat/completions';
        const response = await world.post(
          path,
          chat(script({ say: words(turn), ms: turn % 3 }), { stream: true }),
        );
        const lines = parseStream(await response.text());
        return path === '/api/chat'
          ? lines.map(text).join('')
          : lines
              .map((line) => Object(Object(Object(line['choices'])[0])['delta'])['content'] ?? '')
              .join('');
      }),
    );
    expect(answers).toEqual(Array.from({ length: 100 }, (_, turn) => words(turn).join('')));
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });

  it('has a sid of its own, carries content and text, and is cleaned up after its finish', async () => {
    const world = await startWorld();
    await world.post('/api/chat', chat('one', { stream: false }));
    await world.post('/v1/chat/completions', chat('two'));
    await eventually(() =>
      expect(world.sent.map((tone) => tone.chi)).toEqual(['prompt', 'cleanup', 'prompt', 'cleanup']),
    );
    const prompts = world.sentOf('prompt');
    expect(prompts).toMatchObject([
      { hive: 'ollama-server', modelId: 'claude-sonnet-4', content: 'one', text: 'one' },
      { hive: 'ollama-server', modelId: 'claude-sonnet-4', content: 'two', text: 'two' },
    ]);
    const sids = prompts.map((tone) => tone.sid);
    expect(new Set(sids).size).toBe(2);
    for (const sid of sids)
      expect(sid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(world.sentOf('cleanup').map((tone) => tone.sid)).toEqual(sids);
  });

  it('goes by the id of its request, and only one of several turns does', async () => {
    const world = await startWorld();
    const response = await world.post('/v1/chat/completions', chat('hi', { n: 3 }));
    expect(response.status).toBe(200);
    const sids = world.sentOf('prompt').map(({ sid }) => sid);
    expect(new Set(sids).size).toBe(3);
    expect(sids).toContain(response.headers.get('x-request-id')?.slice('req_'.length));
  });

  it('sends strings well-formed, so that humd does not drop the prompt', async () => {
    const world = await startWorld();
    const body = `{"model":"claude-sonnet-4","stream":false,"messages":[{"role":"user","content":"a\\ud800b \\u0000 \\u2028 \\ud83c\\udf0d"}]}`;
    const response = await fetch(`${world.url}/api/chat`, { method: 'POST', body });
    expect(await response.json()).toMatchObject({ message: { content: 'a\ufffdb \0 \u2028 🌍' } });
  });

  it.each([
    ['/api/chat', true],
    ['/api/chat', false],
    ['/api/generate', true],
    ['/v1/chat/completions', true],
    ['/v1/chat/completions', false],
  ])(
    'is cancelled at once when its client leaves %s (stream %s), before any output',
    async (path, stream) => {
      const world = await startWorld();
      const controller = new AbortController();
      const body = { ...chat(script({ hang: true }), { stream }), prompt: script({ hang: true }) };
      const answer = world.post(path, body, controller.signal).catch(() => undefined);
      await eventually(() => expect(world.daemon().openSids()).toHaveLength(1));
      await withFrozenTimers(async () => {
        controller.abort();
        await until(() => world.sentOf('cancel').length > 0);
      });
      expect(world.sentOf('cancel')).toHaveLength(1);
      await answer;
      await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
      expect(world.daemon().openSids()).toEqual([]);
      await eventually(() =>
        expect(world.sent.map((tone) => tone.chi)).toEqual(['prompt', 'cancel', 'cleanup']),
      );
    },
  );

  it.each(['/api/chat', '/v1/chat/completions'])(
    'is cancelled when its client leaves %s in mid-stream',
    async (path) => {
      const world = await startWorld();
      const controller = new AbortController();
      const response = await world.post(
        path,
        chat(script({ n: 10_000, ms: 2 }), { stream: true }),
        controller.signal,
      );
      const reader = response.body?.getReader();
      await reader?.read();
      controller.abort();
      await eventually(() => expect(world.sentOf('cancel')).toHaveLength(1));
      await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
    },
  );

  it.each([
    ['1.1', 'chunked', /^[0-9a-f]+\r\n\{/],
    // A client of that age knows no chunks: the connection's end is the answer's.
    ['1.0', undefined, /^\{"model"/],
  ])('is framed as HTTP/%s has it', async (version, encoding, begin) => {
    const world = await startWorld();
    const body = JSON.stringify(chat(script({ say: ['grüße', ' ☃ '], n: 50 })));
    const top = [
      `POST /api/chat HTTP/${version}`,
      'host: localhost',
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    const answer = await rawExchange(world.url, head(...top) + Buffer.from(body).toString('latin1'));
    expect(answer.headers.get('transfer-encoding')).toBe(encoding);
    expect(answer.raw.slice(answer.raw.indexOf('\r\n\r\n') + 4)).toMatch(begin);
    const lines = parseStream(answer.body);
    expect(lines.map(text).join('')).toMatch(/^grüße ☃ t0 .* t49 $/);
    expect(lines.at(-1)?.['done']).toBe(true);
  });

  it('with a slow reader is ended with an in-band error while fast ones beside it lose nothing', async () => {
    const world = await startWorld({
      env: { OLLAMA_SERVER_MAX_BUFFER_BYTES: '65536' },
      daemon: { queueLimit: 0 },
    });
    const slow = request(`${world.url}/api/chat`, { method: 'POST' });
    const response = new Promise<IncomingMessage>((resolve) => slow.once('response', resolve));
    slow.end(JSON.stringify(chat(script({ n: 20_000, pad: 2_000 }))));
    const incoming = await response;
    await eventually(() => expect(world.sentOf('cancel')).toHaveLength(1), 15_000);
    const numbered = (count: number) => Array.from({ length: count }, (_, n) => `t${n} `).join('');
    const fast = await Promise.all(
      Array.from({ length: 10 }, async () =>
        (await world.post('/api/chat', chat(script({ n: 200 })))).text(),
      ),
    );
    for (const body of fast) expect(parseStream(body).map(text).join('')).toBe(numbered(200));
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const lines = parseStream(body);
    expect(lines.at(-1)).toEqual({ error: expect.stringContaining('not read fast enough') });
    expect(lines.filter((line) => line['done'] === true)).toEqual([]);
    const told = lines.slice(0, -1).map(text);
    expect(told).toEqual(told.map((_, n) => `t${n}${'.'.repeat(2_000)} `));
  });

  it.each([
    ['/api/chat', { options: { stop: ['STOP'] }, stream: false }],
    ['/v1/chat/completions', { stop: 'STOP' }],
    ['/v1/messages', { stop_sequences: ['STOP'], max_tokens: 5 }],
  ])('ends at a stop sequence that its worker does not look at: %s', async (path, fields) => {
    const world = await startWorld();
    const response = await world.post(
      path,
      chat(script({ say: ['one ST', 'OP two'], n: 100_000, ms: 5 }), fields),
    );
    const answer = JSON.stringify(await response.json());
    expect(answer).toContain('"one "');
    expect(answer).not.toContain('two');
    await eventually(() => expect(world.sentOf('cancel')).toHaveLength(1));
    await eventually(() => expect(world.bridge.nest.openSids).toBe(0));
  });

  it.each([
    ['both', { reasoning: 'hm', reasoning_content: 'hm' }],
    ['reasoning_content', { reasoning_content: 'hm' }],
    ['reasoning', { reasoning: 'hm' }],
    ['none', {}],
  ])('shows its reasoning under /v1 as configured: %s', async (field, shown) => {
    const world = await startWorld({ env: { OLLAMA_SERVER_REASONING_FIELD: field } });
    const response = await world.post('/v1/chat/completions', chat(script({ reason: ['hm'], say: ['a'] })));
    const { message } = Object(await response.json()).choices[0];
    expect(message).toEqual({ role: 'assistant', content: 'a', refusal: null, ...shown });
  });

  it('nested more than 64 levels deep is refused before anything is sent', async () => {
    const world = await startWorld();
    const nested = `${'['.repeat(70)}${']'.repeat(70)}`;
    for (const path of ['/api/chat', '/v1/chat/completions']) {
      const body = `{"model":"echo","messages":[{"role":"user","content":"x"}],"deep":${nested}}`;
      expect((await fetch(world.url + path, { method: 'POST', body })).status).toBe(400);
    }
    expect(world.sent).toEqual([]);
  });

  it('for a model that nobody serves and nobody configured is a 404 before anything is sent', async () => {
    const world = await startWorld();
    const ollama = await world.post('/api/chat', chat('hi', { model: 'nope' }));
    expect([ollama.status, await ollama.json()]).toEqual([404, { error: "model 'nope' not found" }]);
    const openai = await world.post('/v1/chat/completions', chat('hi', { model: 'nope' }));
    expect(openai.status).toBe(404);
    expect(await openai.json()).toMatchObject({
      error: { code: 'model_not_found', type: 'invalid_request_error' },
    });
    expect(world.sent).toEqual([]);
  });

  it('for a configured model that nobody serves is a 503 before anything is sent', async () => {
    const world = await startWorld({ env: { OLLAMA_SERVER_MODELS: 'only-configured' } });
    for (const path of ['/api/chat', '/v1/chat/completions']) {
      const response = await world.post(path, chat('hi', { model: 'only-configured', stream: true }));
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    }
    expect(world.sent).toEqual([]);
  });

  it('finds a short name where nobody lists one', async () => {
    const world = await startWorld();
    const response = await world.post('/api/chat', chat('hi', { model: 'sonnet', stream: false }));
    expect(await response.json()).toMatchObject({ model: 'sonnet', message: { content: 'hi' } });
    expect(world.sentOf('prompt')[0]?.['modelId']).toBe('claude-sonnet-4');
  });
});

/** Servers that a bridge asks, and that lie: answers that inflate without end, and shared values of other types than were written. */
import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import { createClient } from '@redis/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readText } from '../../src/core/read-text.js';
import { chat } from '../front-door/world.js';
import { redisServer, startRedis } from '../shared/redis-server.js';
import { bodyOf, startReplicas } from '../shared/replicas.js';
import type { ChatAnswer } from '../upstream/fake-upstream.js';
import { startUpstreamWorld } from '../upstream/upstream-world.js';

/** Sends `piece` again and again, compressed, until the client hangs up; resolves then. */
async function inflate({ response }: ChatAnswer, type: string, piece: string, first = ''): Promise<void> {
  response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' });
  const gzip = createGzip({ level: 1 });
  gzip.pipe(response);
  gzip.on('error', () => {});
  const left = once(response, 'close');
  let isLeft = false;
  void left.then(() => {
    isLeft = true;
    gzip.destroy();
  });
  gzip.write(first);
  const block = piece.repeat(Math.ceil(1_000_000 / piece.length));
  while (!isLeft) if (!gzip.write(block)) await Promise.race([once(gzip, 'drain'), left]);
}

describe('an upstream whose compressed answer never ends', () => {
  it.each([
    ['of comments', 'text/event-stream', ': nothing\n'],
    ['of events that say nothing', 'text/event-stream', 'data: {}\n\n'],
    ['of one event', 'text/event-stream', 'x', 'data: {"a":"'],
    ['of text', 'text/event-stream', `data: {"choices":[{"delta":{"content":"${'x'.repeat(2_000)}"}}]}\n\n`],
    ['of one value', 'application/json', ' x', '{"a":"'],
  ])('is left, and the turn ends in a 502: %s', async (_, type, piece, first = '') => {
    const { upstream, post } = await startUpstreamWorld();
    let left: Promise<void> | undefined;
    upstream.onChat = (answer) => {
      left = inflate(answer, type, piece, first);
    };
    const response = await post('/v1/chat/completions', chat('?', { model: 'llama3', stream: false }));
    expect(response.status).toBe(502);
    await response.text();
    await left;
  });

  it('is left where it is a list of embeddings', async () => {
    const { upstream, post } = await startUpstreamWorld();
    let left: Promise<void> | undefined;
    upstream.onOther = (answer) => {
      left = inflate(answer, 'application/json', '0.5,', '{"data":[{"embedding":[');
    };
    const response = await post('/v1/embeddings', { model: 'llama3', input: 'a' });
    expect(response.status).toBe(502);
    await left;
  });

  it('is read as far as it is wanted, whatever it is', async () => {
    const body = (bytes: number) => new Response(new Uint8Array(bytes).fill(97));
    expect(await readText(body(1_000), 1_000)).toHaveLength(1_000);
    await expect(readText(body(1_001), 1_000)).rejects.toThrow('longer than 1000 bytes');
    expect(await readText(new Response(null), 1)).toBe('');
    expect(await readText(new Response('\ufeffé'), 5)).toBe('é');
  });
});

describe.skipIf(redisServer.isSkipped)(`a Redis that lies${redisServer.note}`, () => {
  /** Two replicas, and the keys and values of their Redis. */
  async function start(env: Readonly<Record<string, string>> = {}) {
    const { url } = await startRedis();
    const replicas = await startReplicas({ redisUrl: url, env });
    const client = await createClient({ socket: { path: new URL(url).pathname, tls: false } }).connect();
    onTestFinished(() => client.destroy());
    const keyWith = async (what: string) => {
      const key = (await client.keys('*')).find((each) => each.includes(what));
      if (key === undefined) expect.fail(`nothing is stored by ${what}`);
      return key;
    };
    return { ...replicas, client, keyWith };
  }

  it('of responses is not believed: what cannot be one is not there', async () => {
    const { first, second, client, keyWith } = await start();
    const made = await bodyOf(first.post('/v1/responses', { model: 'claude-sonnet-4', input: 'one' }));
    const key = await keyWith(made.id);
    const whole = JSON.parse((await client.get(key)) ?? '');
    const { response } = whole;
    const [message] = response.output;
    const lies: readonly unknown[] = [
      [],
      5,
      { response: {}, input: [] },
      { ...whole, input: 'one' },
      { ...whole, input: [{ id: 'a', type: 'message', role: 7, content: [] }] },
      { ...whole, input: [{ id: 'a', type: 'message', role: 'user', content: 5 }] },
      { ...whole, input: [{ id: 'a', type: 'function_call', name: 5, call_id: {} }] },
      { ...whole, response: { ...response, output: [{ ...message, content: 5 }] } },
      { ...whole, response: { ...response, output: [{ ...message, content: 'text' }] } },
      { ...whole, response: { ...response, output: {} } },
      { ...whole, response: { ...response, id: 'resp_another' } },
      { ...whole, response: { ...response, previous_response_id: 5 } },
      { ...whole, response: { ...response, previous_response_id: made.id } },
      { ...whole, response: { ...response, status: 'great' } },
      { ...whole, response: { ...response, usage: 'much' } },
      { ...whole, padding: 'x'.repeat(4 * 2 ** 20) },
    ];
    for (const lie of lies) {
      await client.set(key, JSON.stringify(lie));
      const body = { model: 'claude-sonnet-4', input: 'two', previous_response_id: made.id };
      const next = await second.post('/v1/responses', body);
      const shown = JSON.stringify(lie);
      expect([shown, next.status, (await bodyOf(Promise.resolve(next))).error?.code]).toEqual([
        shown,
        400,
        'previous_response_not_found',
      ]);
      // One that says that it is its own predecessor can be shown, though not gone on with.
      const status = shown.includes(`"previous_response_id":"${made.id}"`) ? 200 : 404;
      for (const path of [made.id, `${made.id}/input_items`])
        expect([shown, (await second.get(`/v1/responses/${path}`)).status]).toEqual([shown, status]);
    }
    await client.set(key, JSON.stringify(whole));
    expect((await second.get(`/v1/responses/${made.id}`)).status).toBe(200);
  });

  it('of conversations is not believed: what is none of this id is not there', async () => {
    const { first, second, client, keyWith } = await start();
    const made = await bodyOf(first.post('/v1/conversations', { metadata: { a: 'b' } }));
    const key = await keyWith(made.id);
    const whole = JSON.parse((await client.get(key)) ?? '');
    const path = `/v1/conversations/${made.id}`;
    const lies: readonly unknown[] = [
      [],
      { ...whole, id: 'conv_another' },
      { ...whole, items: 'one' },
      { ...whole, items: [{ id: 'a', type: 'message', role: 'user', content: 5 }] },
      { ...whole, metadata: { a: 5 } },
    ];
    for (const lie of lies) {
      await client.set(key, JSON.stringify(lie));
      const body = { model: 'claude-sonnet-4', input: 'two', conversation: made.id };
      const statuses = [await second.get(path), await second.post('/v1/responses', body)].map(
        ({ status }) => status,
      );
      expect([lie, ...statuses]).toEqual([lie, 404, 404]);
    }
    await client.set(key, JSON.stringify(whole));
    expect(await bodyOf(second.get(path))).toEqual(made);
  });

  it('of cached answers is not believed: the worker is asked', async () => {
    const { first, second, client, keyWith } = await start({ OLLAMA_SERVER_ANSWER_CACHE_TTL_MS: '60000' });
    const body = chat('hi', { stream: false, options: { temperature: 0 } });
    await bodyOf(first.post('/api/chat', body));
    const key = await keyWith('answer:');
    const whole = JSON.parse((await client.get(key)) ?? '');
    const lies: readonly unknown[] = [
      null,
      { ...whole, deltas: 'text' },
      { ...whole, deltas: [{ type: 'text-delta', text: 5 }] },
      { ...whole, deltas: [{ type: 'tool-call', name: 'rm' }] },
      { ...whole, reason: 'because' },
      { ...whole, usage: { ...whole.usage, promptTokens: 'many' } },
      { ...whole, usage: { ...whole.usage, completionTokens: 1e300 } },
      { ...whole, usage: { ...whole.usage, cachedTokens: -1 } },
    ];
    for (const lie of lies) {
      await client.set(key, JSON.stringify(lie));
      const answer = await second.post('/api/chat', body);
      expect([answer.status, answer.headers.get('x-hum-cache')]).toEqual([200, 'miss']);
      expect((await bodyOf(Promise.resolve(answer))).message.content).toBe('hi');
    }
  });

  it('of sessions, of what is told to others and of usage costs no request', async () => {
    const { first, second, client, keyWith } = await start();
    const ask = async (replica: typeof first, content: string) => {
      const answer = await replica.post('/api/chat', chat(content, { stream: false }), {
        'x-hum-session': 's',
      });
      return [answer.status, (await bodyOf(Promise.resolve(answer))).message?.content];
    };
    expect(await ask(first, 'one')).toEqual([200, 'one']);
    const hive = (await keyWith('')).split(':').slice(0, 2).join(':');
    const sessions = async () => (await client.keys('*')).filter((key) => key.includes('session'));
    const lies = [
      '5',
      '{"replicaId":{},"sid":[]}',
      '{"replicaId":"r","sid":5,"nestId":{}}',
      `{"replicaId":"r","sid":"s","nestId":"${'n'.repeat(100_000)}"}`,
      `{"replicaId":"r","sid":"s","turns":-1e300,"digests":{"a":1}}`,
      JSON.stringify({ replicaId: 'r', sid: 's', digests: Array.from({ length: 100_000 }, String) }),
    ];
    for (const [at, lie] of lies.entries()) {
      for (const key of await sessions())
        if ((await client.type(key)) === 'string') await client.set(key, lie);
      for (const channel of ['session-taken', 'replay', 'session-deleted'])
        await client.publish(`${hive}:${channel}`, lie);
      expect(await ask(second, `two ${at}`)).toEqual([200, `two ${at}`]);
    }
    const today = new Date().toISOString().slice(0, 10);
    const table =
      (await client.keys('*')).find((key) => key.includes(`usage:${today}`)) ?? `${hive}:usage:${today}`;
    await client.hSet(table, '["k","m","turns"]', '-5');
    await client.hSet(table, '[5]', 'many');
    const usage = await second.get('/v1/usage');
    expect(usage.status).toBe(200);
    for (const row of (await bodyOf(Promise.resolve(usage))).data)
      expect(row.turns).toBeGreaterThanOrEqual(0);
  });
});

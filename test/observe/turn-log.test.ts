import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.js';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { remedyFor } from '../../src/observe/remedy.js';
import { chat, script } from '../front-door/world.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A bridge with its log and the prompts that it has sent. */
async function startLogged(level: string) {
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  const prompts: Tone[] = [];
  const daemon: Daemon = await startDaemon({
    ...place,
    onTone: (direction, tone) => {
      if (direction === 'in' && tone.chi === 'prompt') prompts.push(tone);
    },
  });
  onTestFinished(() => daemon.close());
  await startEchoWorker({ socketPath: place.socketPath, models: ['claude-sonnet-4'] });
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level }, { write: (line) => void lines.push(JSON.parse(line)) });
  const { url } = await startTestBridge({ place, log, config: { apiKey: 'k' } });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { authorization: 'Bearer k', ...headers },
      body: JSON.stringify(body),
    });
  return { post, prompts, turns: () => lines.filter(({ outcome }) => outcome !== undefined), lines };
}

describe("a turn's line in the log", () => {
  it('names the request, whose id is the sid on the wire, and how it went', async () => {
    const { post, prompts, turns } = await startLogged('debug');
    const answer = await post('/v1/chat/completions', chat(script({ say: ['a'] })));
    await answer.text();
    const requestId = answer.headers.get('x-request-id');
    const [prompt] = prompts;
    expect(requestId).toBe(`req_${prompt?.sid}`);
    expect(turns()).toMatchObject([
      {
        level: 20,
        msg: 'a turn has ended',
        requestId,
        sid: prompt?.sid,
        keyId: expect.stringMatching(/^[0-9a-f]{8}$/),
        surface: 'openai',
        model: 'claude-sonnet-4',
        outcome: 'stop',
        promptTokens: 14,
        completionTokens: 7,
        firstMs: expect.any(Number),
        totalMs: expect.any(Number),
      },
    ]);
  });

  it("has a client's own id beside a sid of ours, which is never used twice", async () => {
    const { post, prompts, turns } = await startLogged('debug');
    const headers = { 'x-request-id': '6f1f3a52-36b8-4a6a-9a53-1b8c2d5c2a11' };
    await (await post('/api/chat', chat('Hi'), headers)).text();
    await (await post('/api/chat', chat('Hi'), headers)).text();
    const sids = prompts.map(({ sid }) => sid);
    expect(new Set([...sids, headers['x-request-id']]).size).toBe(3);
    expect(turns().map(({ requestId, sid }) => [requestId, sid])).toEqual(
      sids.map((sid) => [headers['x-request-id'], sid]),
    );
  });

  it.each([
    ['several choices', '/v1/chat/completions', chat('Hi', { n: 3 }), 3],
    ['several prompts', '/v1/completions', { model: 'claude-sonnet-4', prompt: ['a', 'b'] }, 2],
    ['a repair', '/v1/chat/completions', chat('not JSON', { response_format: { type: 'json_object' } }), 2],
  ])('has a sid for each prompt of a request: %s', async (_, path, body, count) => {
    const { post, prompts } = await startLogged('debug');
    const answer = await post(path, body);
    await answer.text();
    expect(prompts).toHaveLength(count);
    expect(new Set(prompts.map(({ sid }) => sid)).size).toBe(count);
    expect(prompts.map(({ sid }) => `req_${sid}`)).toContain(answer.headers.get('x-request-id'));
  });

  it('is there by default for a turn that failed only, without a word of the conversation', async () => {
    const { post, turns, lines } = await startLogged('info');
    await (await post('/api/chat', chat('secret words'))).text();
    expect(turns()).toEqual([]);
    const failing = script({ error: { message: 'secret words' } });
    await (await post('/api/chat', chat(failing, { stream: false }))).text();
    expect(turns()).toMatchObject([
      {
        level: 40,
        msg: 'a turn has failed',
        outcome: 'worker-error',
        remedy: "The worker failed: its own log and its model's account say why.",
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});

describe('the id in the log', () => {
  it('is our own for each request, also where a client sends one for a whole thread', async () => {
    const { post, turns } = await startLogged('debug');
    const headers = { 'x-request-id': 'the-thread' };
    for (let count = 0; count < 2; count++) await (await post('/api/chat', chat('Hi'), headers)).text();
    const answer = await post('/api/chat', chat('Hi'));
    await answer.text();
    const lines = turns();
    expect(lines.map(({ requestId }) => requestId)).toEqual([
      'the-thread',
      'the-thread',
      answer.headers.get('x-request-id'),
    ]);
    const ids = lines.map(({ id }) => String(id));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(ids[2]).toBe(answer.headers.get('x-request-id'));
  });
});

describe('what can be done about a fault', () => {
  it('fits who answers', () => {
    expect(remedyFor('unreachable', { answers: 'upstream' })).toContain('--upstream');
    expect(remedyFor('model-not-served', { answers: 'echo' })).toContain('Only an echo answers');
    expect(remedyFor('worker-error')).toBe(remedyFor('worker-error', { answers: 'humd' }));
  });

  it.each([
    'model-not-found',
    'model-not-served',
    'link-down',
    'link-lost',
    'prompt-lost',
    'worker-error',
    'not-offered',
    'payment-required',
    'limit-reached',
    'no-access',
    'unreachable',
    'timeout',
  ] as const)('speaks of no worker and of no humd where an upstream answers: %s', (code) => {
    expect(remedyFor(code, { answers: 'upstream' })).not.toMatch(/\bworker|\bhumd\b|\bbee\b|\bmesh\b/);
  });
});

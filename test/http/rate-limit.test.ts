/** How often one caller may ask, over a real port. */
import { describe, expect, it } from 'vitest';
import type { Conversation } from '../conversation.js';
import { createAnthropicSurface } from '../../src/http/anthropic/surface.js';
import { toRateHeaders } from '../../src/http/guards/rate-limit.js';
import { createOllamaSurface } from '../../src/http/ollama/surface.js';
import { createOpenAISurface } from '../../src/http/openai/surface.js';
import { modelOf } from '../model.js';
import { type ServedSurface, serveSurface } from './serve-surface.js';

const conversation: Conversation = {
  async *turn() {
    const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, estimated: false };
    yield [
      { type: 'text-delta', text: 'hi' },
      { type: 'finish', reason: 'stop', usage },
    ] as const;
  },
  models: () => [modelOf('m')],
  link: () => 'up',
  callTool: () => Promise.reject(new Error('nobody calls')),
};

function serve(
  create: ServedSurface['create'],
  limits = { requestsPerMinute: 2 },
  more: Partial<ServedSurface> = {},
) {
  return serveSurface({ create, conversation, rateLimits: limits, ...more });
}

const BODY = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };

function ask(url: string, path: string, headers: Readonly<Record<string, string>> = {}, fields = {}) {
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify({ ...BODY, ...fields }) });
}

function headersOf({ headers }: Response, prefix: string): readonly (string | null)[] {
  return prefix === 'anthropic'
    ? ['limit', 'remaining'].map((what) => headers.get(`anthropic-ratelimit-requests-${what}`))
    : ['limit', 'remaining'].map((what) => headers.get(`x-ratelimit-${what}-requests`));
}

const WORDS = /^Rate limit reached: at most 2 requests per minute\. Please try again in (60|59)s\.$/;

describe.each([
  { surface: 'Ollama', create: createOllamaSurface, path: '/api/chat', prefix: 'openai' },
  { surface: 'OpenAI', create: createOpenAISurface, path: '/v1/chat/completions', prefix: 'openai' },
  { surface: 'Anthropic', create: createAnthropicSurface, path: '/v1/messages', prefix: 'anthropic' },
])('the rate limit on $surface', ({ surface, create, path, prefix }) => {
  it('says on every answer, streams too, how much is left, and then 429 and when to come back', async () => {
    const url = await serve(create);
    const first = await ask(url, path);
    expect([first.status, ...headersOf(first, prefix)]).toEqual([200, '2', '1']);
    const second = await ask(url, path, {}, { stream: true });
    expect([second.status, ...headersOf(second, prefix)]).toEqual([200, '2', '0']);
    const third = await ask(url, path);
    expect([third.status, ...headersOf(third, prefix)]).toEqual([429, '2', '0']);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThanOrEqual(59);
    expect(third.headers.get('x-should-retry')).toBeNull();
    const body = await third.json();
    switch (surface) {
      case 'Ollama':
        expect(body).toEqual({ error: expect.stringMatching(WORDS) });
        break;
      case 'OpenAI':
        expect(body).toEqual({
          error: {
            message: expect.stringMatching(WORDS),
            type: 'requests',
            param: null,
            code: 'rate_limit_exceeded',
          },
        });
        break;
      default:
        expect(body).toMatchObject({
          type: 'error',
          error: { type: 'rate_limit_error', message: expect.stringMatching(WORDS) },
        });
    }
  });
});

describe('the rate limit', () => {
  it("tells when it is new: as a duration, or as a time in Anthropic's words", async () => {
    const openai = await ask(await serve(createOpenAISurface), '/v1/chat/completions');
    expect(openai.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0s|59s)$/);
    const server = await serve(createAnthropicSurface);
    const askedAt = Date.now();
    const anthropic = await ask(server, '/v1/messages');
    const answeredAt = Date.now();
    const reset = anthropic.headers.get('anthropic-ratelimit-requests-reset') ?? '';
    expect(reset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    // A minute later, in whole seconds, rounded up.
    expect(Date.parse(reset)).toBeGreaterThanOrEqual(askedAt + 59_000);
    expect(Date.parse(reset)).toBeLessThanOrEqual(answeredAt + 61_000);
  });

  it.each([
    [12, '12ms'],
    [1_000, '1s'],
    [58_001, '59s'],
    [59_001, '1m0s'],
    [61_000, '1m1s'],
  ])('writes %d ms as %s', (resetMs, text) => {
    const headers = toRateHeaders({ limit: 1, remaining: 0, resetMs, isOver: false });
    expect(headers['x-ratelimit-reset-requests']).toBe(text);
  });

  it('is for each address where no key is asked for, and for all of its paths together', async () => {
    const url = await serve(createOllamaSurface);
    expect((await fetch(`${url}/api/tags`)).status).toBe(200);
    expect((await fetch(`${url}/no/such/path`)).status).toBe(404);
    expect((await fetch(`${url}/api/tags`)).status).toBe(429);
  });

  it('does not count what is open to everybody, preflights, and who is not let in', async () => {
    const url = await serve(createOllamaSurface, { requestsPerMinute: 1 }, { apiKey: 'k' });
    const origin = { origin: 'http://localhost:3000', 'access-control-request-method': 'POST' };
    for (let n = 0; n < 3; n++) {
      expect((await fetch(`${url}/`)).status).toBe(200);
      expect((await fetch(`${url}/healthz`)).headers.has('x-ratelimit-limit-requests')).toBe(false);
      expect((await fetch(`${url}/api/chat`, { method: 'OPTIONS', headers: origin })).status).toBe(204);
      expect((await ask(url, '/api/chat', { authorization: 'Bearer wrong' })).status).toBe(401);
    }
    expect((await ask(url, '/api/chat', { authorization: 'Bearer k' })).status).toBe(200);
    expect((await ask(url, '/api/chat', { authorization: 'Bearer k' })).status).toBe(429);
  });

  it('is nowhere to be seen at 0, and holds at once when it is changed', async () => {
    const limits = { requestsPerMinute: 0 };
    const url = await serve(createOpenAISurface, limits);
    for (let n = 0; n < 3; n++) {
      const free = await fetch(`${url}/v1/models`);
      expect([free.status, free.headers.has('x-ratelimit-limit-requests')]).toEqual([200, false]);
    }
    limits.requestsPerMinute = 1;
    expect((await fetch(`${url}/v1/models`)).status).toBe(200);
    expect((await fetch(`${url}/v1/models`)).status).toBe(429);
    limits.requestsPerMinute = 10;
    const more = await fetch(`${url}/v1/models`);
    expect([more.status, ...headersOf(more, 'openai')]).toEqual([200, '10', '7']);
  });
});

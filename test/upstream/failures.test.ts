import { describe, expect, it } from 'vitest';
import { parseStream } from '../front-door/world.js';
import { startFakeUpstream } from './fake-upstream.js';
import { chat, startUpstreamWorld } from './upstream-world.js';

const KEY = 'sk-secret-1234';

describe('what goes wrong at the upstream', () => {
  it.each([
    {
      status: 500,
      body: { detail: 'CUDA out of memory' },
      says: 'the upstream answered 500: CUDA out of memory',
    },
    {
      status: 500,
      body: { error: { message: 'x'.repeat(10_000) } },
      says: `the upstream answered 500: ${'x'.repeat(499)}…`,
    },
  ])('$status is told once, and asked once', async ({ status, body, says }) => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => answer.refuse(status, body);
    const response = await post('/api/chat', chat('?'));
    expect([response.status, await response.json()]).toEqual([502, { error: says }]);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(upstream.chats).toHaveLength(1);
  });

  it('402 stays what it is', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => answer.refuse(402, { error: { message: 'no credit' } });
    const response = await post('/v1/chat/completions', chat('?'));
    expect([response.status, await response.text()]).toEqual([402, expect.stringContaining('no credit')]);
  });

  it('an error in the middle of a stream ends it as one', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => {
      answer.delta({ content: 'half' }).chunk({ error: { message: 'the GPU is gone' } });
      answer.response.end();
    };
    const lines = parseStream(await (await post('/api/chat', chat('?'))).text());
    expect(lines).toMatchObject([
      { message: { content: 'half' } },
      { error: 'the upstream failed: the GPU is gone' },
    ]);
  });

  it.each([
    { name: 'the connection breaks', cut: 'destroy' },
    { name: 'the body ends', cut: 'end' },
  ] as const)('a stream in which $name before the finish is not taken for a whole', async ({ cut }) => {
    const { upstream, post } = await startUpstreamWorld();
    let breakOff = (): unknown => undefined;
    upstream.onChat = (answer) => {
      answer.delta({ content: 'half' });
      breakOff = () => (cut === 'end' ? answer.response.end() : answer.response.destroy());
    };
    // Its headers come with the first piece.
    const response = await post('/api/chat', chat('?'));
    breakOff();
    const lines = parseStream(await response.text());
    expect(lines).toMatchObject([
      { message: { content: 'half' } },
      { error: 'the upstream broke off its answer' },
    ]);
  });

  it('an answer that is neither an event stream nor JSON is an error', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>Welcome!</html>');
    };
    const response = await post('/api/chat', chat('?'));
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: 'the upstream broke off its answer' },
    ]);
  });

  it.each([
    { when: 'before', says: /did not begin its answer in time|said nothing for/ },
    { when: 'within', says: /said nothing for 0 s/ },
  ])('an upstream that hangs $when its answer is given up', async ({ when, says }) => {
    const { upstream, post, bee } = await startUpstreamWorld({ limits: { silenceMs: 200 } });
    upstream.onChat = (answer) => {
      if (when === 'within') answer.delta({ content: 'so' });
    };
    const response = await post('/v1/chat/completions', chat('?'));
    expect([response.status, await response.text()]).toEqual([502, expect.stringMatching(says)]);
    expect(bee.cells).toBe(0);
  });

  it('an upstream that is gone is said to be gone', async () => {
    const { upstream, post } = await startUpstreamWorld();
    await upstream.close();
    const response = await post('/api/chat', chat('?'));
    expect([response.status, await response.json()]).toEqual([
      503,
      { error: 'the upstream cannot be reached (ECONNREFUSED)' },
    ]);
    expect(response.headers.get('retry-after')).toBe('5');
  });
});

describe('a field that the upstream does not know', () => {
  it('stream_options is left out, and asked for no more', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => {
      if (answer.request.body?.['stream_options'] != null)
        answer.refuse(400, { error: { message: 'stream_options: wrong' } });
      else answer.delta({ content: 'fine' }).finish('stop');
    };
    for (const _ of [1, 2]) {
      const answer = await (await post('/api/chat', chat('?', { stream: false }))).json();
      expect(answer).toMatchObject({ message: { content: 'fine' } });
    }
    expect(upstream.chats).toHaveLength(3);
  });

  it('the limit of an answer goes out under its other name, several fields one after the other', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => {
      const { body = {} } = answer.request;
      const refuse = (message: string) => answer.refuse(400, { error: { message } });
      if ('max_tokens' in body)
        refuse("Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.");
      else if ('top_k' in body) refuse('Unrecognized request argument supplied: top_k');
      else answer.delta({ content: 'fine' }).finish('stop');
    };
    const options = { num_predict: 5, top_k: 2, temperature: 0 };
    const answer = await (await post('/api/chat', chat('?', { stream: false, options }))).json();
    expect(answer).toMatchObject({ message: { content: 'fine' } });
    expect(upstream.chats.at(-1)?.body).toMatchObject({ max_completion_tokens: 5, temperature: 0 });
    expect(upstream.chats.at(-1)?.body).not.toHaveProperty('top_k');
    await (await post('/api/chat', chat('?', { stream: false, options }))).text();
    expect(upstream.chats).toHaveLength(4);
  });

  it('a value that is refused is not taken for a field that is', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => answer.refuse(400, { error: { message: 'max_tokens is too large: 5' } });
    const response = await post('/api/chat', chat('?', { options: { num_predict: 5 } }));
    expect([response.status, await response.json()]).toEqual([400, { error: 'max_tokens is too large: 5' }]);
    expect(upstream.chats).toHaveLength(1);
  });
});

describe('the API key', () => {
  it('goes to the upstream, and with it nothing about this machine', async () => {
    const { upstream, post } = await startUpstreamWorld();
    await (await post('/api/chat', chat('?'))).text();
    for (const { headers } of upstream.requests) {
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
      expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual([]);
    }
  });

  it('is not made up where there is none', async () => {
    const { upstream, post } = await startUpstreamWorld({ bee: { apiKey: undefined } });
    await (await post('/api/chat', chat('?'))).text();
    expect(upstream.chats[0]?.headers).not.toHaveProperty('authorization');
    upstream.onChat = (answer) => answer.refuse(401, { error: { message: 'who are you?' } });
    expect(await (await post('/api/chat', chat('?'))).json()).toEqual({
      error: 'the upstream wants an API key (401)',
    });
  });

  it.each([301, 302, 307, 308])('follows no redirect, nor does the prompt: %i', async (status) => {
    const other = await startFakeUpstream();
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => answer.refuse(status, {}, { location: `${other.base}/chat/completions` });
    const response = await post('/api/chat', chat('?'));
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: `the upstream redirects (${status}), which is not followed: its own address is needed` },
    ]);
    expect(other.requests).toEqual([]);
  });
});

/** A client has the end of its answer as soon as that is known: whoever else watches the turn learns of it afterwards. */
import { expect, it } from 'vitest';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import type { Conversation } from '../conversation.js';
import { createAnthropicSurface } from '../../src/http/anthropic/surface.js';
import { createOllamaSurface } from '../../src/http/ollama/surface.js';
import { createOpenAISurface } from '../../src/http/openai/surface.js';
import { eventually } from '../eventually.js';
import { modelOf } from '../model.js';
import { serveSurface } from './serve-surface.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, estimated: false };
const said: Event = { type: 'text-delta', text: 'said' };
const finish: Event = { type: 'finish', reason: 'stop', usage };
const fault: Event = { type: 'fault', fault: new Fault('worker-error', 'no credit') };

/** Each turn says something, then `ends`, and is not over before that is allowed. */
class Lingering implements Conversation {
  over = 0;
  begun = 0;
  allow = () => {};
  readonly #ends: readonly Event[];
  readonly #isAllowed = new Promise<void>((resolve) => {
    this.allow = resolve;
  });

  constructor(...ends: readonly Event[]) {
    this.#ends = ends;
  }

  async *turn(): AsyncGenerator<readonly Event[]> {
    const end = this.#ends[this.begun++] ?? finish;
    yield [said];
    yield [end];
    await this.#isAllowed;
    this.over++;
  }

  models() {
    return [modelOf('m')];
  }

  callTool() {
    return Promise.reject(new Error('no tools here'));
  }

  link() {
    return 'up' as const;
  }
}

const messages = [{ role: 'user', content: 'hi' }];

const ROUTES = [
  { path: '/api/chat', create: createOllamaSurface, body: { messages }, last: '"done":true' },
  { path: '/api/generate', create: createOllamaSurface, body: { prompt: 'hi' }, last: '"done":true' },
  { path: '/v1/chat/completions', create: createOpenAISurface, body: { messages }, last: '[DONE]' },
  { path: '/v1/completions', create: createOpenAISurface, body: { prompt: 'hi' }, last: '[DONE]' },
  { path: '/v1/responses', create: createOpenAISurface, body: { input: 'hi' }, last: 'response.completed' },
  { path: '/v1/messages', create: createAnthropicSurface, body: { messages, max_tokens: 9 }, last: 'stop' },
] as const;

async function read(
  { path, create, body }: (typeof ROUTES)[number],
  conversation: Conversation,
  fields = {},
) {
  const url = await serveSurface({ create, conversation });
  const asked = JSON.stringify({ model: 'm', stream: true, ...body, ...fields });
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url + path, { method: 'POST', headers, body: asked })).text();
}

it.each(ROUTES)('$path ends with the last event, and reads the turn to its own end', async (route) => {
  const conversation = new Lingering(finish);
  expect(await read(route, conversation)).toContain(route.last);
  expect(conversation.over).toBe(0);
  conversation.allow();
  await eventually(() => expect(conversation.over).toBe(1));
});

it.each(ROUTES)('$path ends with a fault, and with nothing behind it', async (route) => {
  const conversation = new Lingering(fault);
  const text = await read(route, conversation);
  expect(text).toContain('no credit');
  expect(text.endsWith(route.last)).toBe(false);
  conversation.allow();
  await eventually(() => expect(conversation.over).toBe(1));
});

it.each(ROUTES)('$path is whole although something of ours breaks behind its end', async (route) => {
  const text = 'x'.repeat(8_000_000);
  const conversation: Conversation = Object.assign(new Lingering(), {
    async *turn(): AsyncGenerator<readonly Event[]> {
      yield [{ type: 'text-delta', text }, finish];
      throw new TypeError('our own mistake');
    },
  });
  const whole = await read(route, conversation);
  expect(whole.length).toBeGreaterThan(text.length);
  expect(whole).toContain(route.last);
});

it.each(ROUTES.filter(({ path }) => path.includes('completions')))(
  '$path goes on as long as one of several answers does, and ends with the last',
  async (route) => {
    const conversation = new Lingering(finish, finish, finish);
    const text = await read(route, conversation, { n: 3 });
    expect(text.match(/"finish_reason":"stop"/g)).toHaveLength(3);
    expect(text.trimEnd().endsWith('[DONE]')).toBe(true);
    expect([conversation.begun, conversation.over]).toEqual([3, 0]);
    conversation.allow();
  },
);

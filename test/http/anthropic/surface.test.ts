import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { createAnthropicSurface } from '../../../src/http/anthropic/surface.js';
import { serveSurface } from '../serve-surface.js';
import { errorBody, post, ScriptedConversation, serve } from './scripted-messages.js';

const usage = { promptTokens: 14, completionTokens: 7, cachedTokens: 3, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const ask = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };

describe('the paths', () => {
  it.each([
    ['/v1/messages', true],
    ['/v1/messages/', true],
    ['/v1/messages/count_tokens', true],
    ['/v1/messages/batches/1', true],
    ['/v1/messagesx', false],
    ['/v1/models', false],
    ['/v1', false],
    ['/', false],
  ])('%s is ours: %s', async (path, isOurs) => {
    const owned: boolean[] = [];
    await serveSurface({
      conversation: new ScriptedConversation(),
      create: (context) => {
        const surface = createAnthropicSurface(context);
        owned.push(surface.owns(path, {}));
        return surface;
      },
    });
    expect(owned).toEqual([isOurs]);
  });

  it('that nobody knows are not found', async () => {
    const { url } = await serve(new ScriptedConversation());
    const response = await post(`${url}/v1/messages/batches`, {});
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual(
      errorBody('not_found_error', expect.stringContaining('/v1/messages/batches')),
    );
  });

  it.each(['/v1/messages', '/v1/messages/count_tokens'])('%s takes POST only', async (path) => {
    const { url } = await serve(new ScriptedConversation());
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const response = await fetch(url + path, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
      if (method !== 'HEAD')
        expect(await response.json()).toEqual(errorBody('api_error', 'method not allowed'));
    }
  });
});

describe('keys', () => {
  it.each([
    ['x-api-key', { apiKey: 'right' }],
    ['bearer', { apiKey: null, authToken: 'right' }],
  ])('are taken from %s', async (_, credentials) => {
    const conversation = new ScriptedConversation([[say('a'), stop]]);
    const { url } = await serve(conversation, 'right');
    const knowing = new Anthropic({ baseURL: url, maxRetries: 0, ...credentials });
    expect((await knowing.messages.create(ask)).content).toMatchObject([{ text: 'a' }]);
    expect(conversation.asked[0]?.caller?.keyId).toMatch(/^[0-9a-f]+$/);
  });

  it('are asked for', async () => {
    const { anthropic } = await serve(new ScriptedConversation(), 'right');
    await expect(anthropic.messages.create(ask)).rejects.toMatchObject({
      status: 401,
      type: 'authentication_error',
      requestID: expect.stringMatching(/^req_/),
    });
  });
});

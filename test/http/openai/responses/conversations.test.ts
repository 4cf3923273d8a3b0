/** `/v1/conversations`, and responses that name one. */
import { describe, expect, it } from 'vitest';
import { createOpenAISurface } from '../../../../src/http/openai/surface.js';
import { eventually } from '../../../eventually.js';
import { serveSurface } from '../../serve-surface.js';
import { post, ScriptedConversation, serve } from '../scripted-bridge.js';
import { SteeredConversation } from '../steered-conversation.js';
import { call, say, stop } from './plan.js';
import { fault } from './turns.js';

const user = (text: string) => ({ role: 'user', content: [{ type: 'text', text }] });
const assistant = (text: string) => ({ role: 'assistant', content: [{ type: 'text', text }], toolCalls: [] });
const bodyOf = async (response: Promise<Response>) => Object(await (await response).json());

async function start(
  batches: ConstructorParameters<typeof ScriptedConversation>[0] = [[say('Hello'), stop]],
) {
  const conversation = new ScriptedConversation(batches);
  const { url, openai } = await serve(conversation);
  return { conversation, openai, url };
}

async function startSteered() {
  const conversation = new SteeredConversation();
  const url = await serveSurface({ create: createOpenAISurface, conversation });
  const { id } = await bodyOf(post(`${url}/v1/conversations`, {}));
  return { conversation, url, id };
}

describe('/v1/conversations', () => {
  it('makes one, gives it and deletes it, as the real client asks', async () => {
    const { openai } = await start();
    const made = await openai.conversations.create({ metadata: { topic: 'demo' } });
    expect(made).toEqual({
      id: expect.stringMatching(/^conv_[a-z0-9]{24,}$/),
      object: 'conversation',
      created_at: expect.toSatisfy(Number.isInteger),
      metadata: { topic: 'demo' },
    });
    expect(await openai.conversations.retrieve(made.id)).toEqual(made);
    expect(await openai.conversations.delete(made.id)).toEqual({
      id: made.id,
      object: 'conversation.deleted',
      deleted: true,
    });
    await expect(openai.conversations.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
    await expect(openai.conversations.delete(made.id)).rejects.toMatchObject({ status: 404 });
  });

  it.each(['', '{}', '{"items":null,"metadata":null}'])('needs no body: %j', async (body) => {
    const { url } = await start();
    expect(await bodyOf(post(`${url}/v1/conversations`, body))).toMatchObject({ metadata: {} });
  });

  it.each([
    [{ items: 'hi' }, 'items'],
    [{ items: [{ role: 'nobody', content: 'hi' }] }, 'items[0].role'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ metadata: { a: 'x'.repeat(513) } }, 'metadata.a'],
    [{ metadata: { ['x'.repeat(65)]: 'a' } }, 'metadata'],
    [{ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v'])) }, 'metadata'],
  ])('refuses what is wrong in it: %j', async (body, param) => {
    const { url } = await start();
    const response = await post(`${url}/v1/conversations`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param } });
  });

  it.each([
    ['POST', '/conv_1'],
    ['GET', '/conv_1/items'],
    ['POST', '/conv_1/items'],
    ['GET', '/conv_1/items/msg_1'],
    ['DELETE', '/conv_1/items/msg_1'],
  ])('says of the rest that it is not offered, and what is: %s %s', async (method, path) => {
    const { url } = await start();
    const response = await fetch(`${url}/v1/conversations${path}`, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        message: expect.stringMatching(
          /^(GET|POST|DELETE) \/v1\/conversations\/\S+ is not offered here\. Offered are: POST \/v1\/conversations; GET, DELETE /,
        ),
        type: 'invalid_request_error',
        param: null,
        code: 'unknown_url',
      },
    });
  });
});

describe('a response that names a conversation', () => {
  it('reads what it holds, adds to it, and says which one it is', async () => {
    const { conversation, openai } = await start();
    const { id } = await openai.conversations.create({
      items: [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'yes?' },
      ],
    });
    const one = await openai.responses.create({ model: 'm', input: 'hi', conversation: id });
    expect(one.conversation).toEqual({ id });
    const stream = openai.responses.stream({ model: 'm', input: 'more', conversation: { id } });
    expect(await stream.finalResponse()).toMatchObject({ conversation: { id }, previous_response_id: null });
    await openai.responses.create({ model: 'm', input: 'and more', conversation: id });
    expect(conversation.asked[2]).toMatchObject({
      messages: [
        user('first'),
        assistant('yes?'),
        user('hi'),
        assistant('Hello'),
        user('more'),
        assistant('Hello'),
        user('and more'),
      ],
      sessionHint: id,
      nextSessionHint: id,
    });
    expect((await openai.responses.retrieve(one.id)).conversation).toEqual({ id });
  });

  it('is null there where none is named', async () => {
    const { url } = await start();
    expect(await bodyOf(post(`${url}/v1/responses`, { model: 'm', input: 'hi' }))).toMatchObject({
      conversation: null,
    });
  });

  it('holds calls and their results', async () => {
    const { conversation, openai } = await start([[call('a', 'f', '{}'), stop]]);
    const { id } = await openai.conversations.create();
    await openai.responses.create({ model: 'm', input: 'hi', conversation: id });
    const output = { type: 'function_call_output' as const, call_id: 'a', output: '21C' };
    await openai.responses.create({ model: 'm', input: [output], conversation: id });
    expect(conversation.asked[1]?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', toolCalls: [{ id: 'a', name: 'f' }] },
      { role: 'tool', toolCallId: 'a' },
    ]);
  });

  it('need not bring an input', async () => {
    const { conversation, openai } = await start();
    const { id } = await openai.conversations.create({ items: [{ role: 'user', content: 'first' }] });
    await openai.responses.create({ model: 'm', conversation: id });
    expect(conversation.asked[0]?.messages).toEqual([user('first')]);
  });

  it('counts what it holds', async () => {
    const { url } = await start();
    const items = [{ role: 'user', content: 'x'.repeat(400) }];
    const { id } = await bodyOf(post(`${url}/v1/conversations`, { items }));
    const counted = await bodyOf(post(`${url}/v1/responses/input_tokens`, { input: 'hi', conversation: id }));
    expect(counted.input_tokens).toBeGreaterThanOrEqual(100);
  });

  it.each(['/v1/responses', '/v1/responses/input_tokens', '/v1/responses/compact'])(
    'that is unknown is a 404: %s',
    async (path) => {
      const { url, conversation } = await start();
      for (const named of ['conv_x', { id: 'conv_x' }]) {
        const response = await post(url + path, { model: 'm', input: 'hi', conversation: named });
        expect(response.status).toBe(404);
        expect(await response.json()).toEqual({
          error: {
            message: "Conversation with id 'conv_x' not found.",
            type: 'invalid_request_error',
            param: null,
            code: null,
          },
        });
      }
      expect(conversation.asked).toEqual([]);
    },
  );

  it('and an earlier response besides is a 400', async () => {
    const { url, openai } = await start();
    const { id } = await openai.conversations.create();
    const first = await openai.responses.create({ model: 'm', input: 'hi' });
    const body = { model: 'm', input: 'hi', conversation: id, previous_response_id: first.id };
    const response = await post(`${url}/v1/responses`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { param: 'conversation', code: 'mutually_exclusive_parameters' },
    });
  });

  it.each([5, '', {}, { id: '' }])('is refused what names none: %j', async (named) => {
    const { url } = await start();
    const response = await post(`${url}/v1/responses`, { model: 'm', input: 'hi', conversation: named });
    expect(response.status).toBe(400);
    expect(Object(await response.json()).error.param).toMatch(/^conversation/);
  });

  it('adds nothing with store false, or where it fails', async () => {
    const { conversation, openai, url } = await start();
    const { id } = await openai.conversations.create();
    await openai.responses.create({ model: 'm', input: 'unstored', conversation: id, store: false });
    await openai.responses.create({ model: 'm', input: 'hi', conversation: id });
    expect(conversation.asked[1]?.messages).toEqual([user('hi')]);
    const failing = await serve(new ScriptedConversation([[say('a')], [fault]]));
    const other = await failing.openai.conversations.create();
    for (const stream of [true, false])
      await (
        await post(`${failing.url}/v1/responses`, { model: 'm', input: 'hi', conversation: other.id, stream })
      ).text();
    expect(url).not.toBe(failing.url);
    const counted = await bodyOf(
      post(`${failing.url}/v1/responses/input_tokens`, { input: 'x'.repeat(8), conversation: other.id }),
    );
    expect(counted.input_tokens).toBe(2);
  });

  it('is refused while another one is at work on it, and taken afterwards', async () => {
    const { conversation, url, id } = await startSteered();
    const ask = { model: 'm', input: 'hi', conversation: id };
    const first = post(`${url}/v1/responses`, ask);
    await eventually(() => expect(conversation.turns).toHaveLength(1));
    const second = await post(`${url}/v1/responses`, ask);
    expect(second.status).toBe(400);
    expect(await second.json()).toMatchObject({
      error: { code: 'conversation_locked', param: 'conversation' },
    });
    conversation.turns[0]?.say(say('a'), stop);
    await first;
    const third = post(`${url}/v1/responses`, ask);
    await eventually(() => expect(conversation.turns).toHaveLength(2));
    conversation.turns[1]?.say(stop);
    expect((await third).status).toBe(200);
  });

  it('is free again once its client has left, and has nothing of that', async () => {
    const { conversation, url, id } = await startSteered();
    const leaving = new AbortController();
    const body = JSON.stringify({ model: 'm', input: 'left', conversation: id });
    const left = fetch(`${url}/v1/responses`, { method: 'POST', body, signal: leaving.signal });
    await eventually(() => expect(conversation.turns).toHaveLength(1));
    leaving.abort();
    await expect(left).rejects.toThrow();
    let next: Promise<Response> | undefined;
    await eventually(async () => {
      const counted = post(`${url}/v1/responses`, { model: 'm', input: 'hi', conversation: id });
      await Promise.race([
        counted.then(() => Promise.reject(new Error('still at work'))),
        eventually(() => expect(conversation.turns).toHaveLength(2), 500),
      ]);
      next = counted;
    });
    conversation.turns[1]?.say(stop);
    expect((await next)?.status).toBe(200);
    expect(conversation.turns[1]?.request.messages).toEqual([user('hi')]);
  });

  it('may be made in the background', async () => {
    const { conversation, url, id } = await startSteered();
    const ask = { model: 'm', input: 'hi', conversation: id };
    const made = await bodyOf(post(`${url}/v1/responses`, { ...ask, background: true }));
    expect(made).toMatchObject({ status: 'queued', conversation: { id } });
    await eventually(() => expect(conversation.turns).toHaveLength(1));
    expect((await post(`${url}/v1/responses`, ask)).status).toBe(400);
    conversation.turns[0]?.say(say('Hello'), stop);
    await eventually(async () =>
      expect(await bodyOf(fetch(`${url}/v1/responses/${made.id}`))).toMatchObject({ status: 'completed' }),
    );
    const next = post(`${url}/v1/responses`, { ...ask, input: 'more' });
    await eventually(() => expect(conversation.turns).toHaveLength(2));
    expect(conversation.turns[1]?.request.messages).toHaveLength(3);
    conversation.turns[1]?.say(stop);
    await next;
  });

  it('is seen by the key that made it, and by no other', async () => {
    const { url } = await serve(new ScriptedConversation([[stop]]), 'secret');
    const headers = { authorization: 'Bearer secret' };
    const { id } = await bodyOf(fetch(`${url}/v1/conversations`, { method: 'POST', headers }));
    expect((await fetch(`${url}/v1/conversations/${id}`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/v1/conversations/${id}`)).status).toBe(401);
  });
});

/** `GET /v1/responses`: responses over a WebSocket, each message a request as any other. */
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createOpenAISurface } from '../../../../src/http/openai/surface.js';
import { Fault } from '../../../../src/core/fault.js';
import { eventually } from '../../../eventually.js';
import { openWebSocketClient } from '../../open-web-socket.js';
import { type ServedSurface, serveSurface } from '../../serve-surface.js';
import { post, ScriptedConversation } from '../scripted-bridge.js';
import { SteeredConversation } from '../steered-conversation.js';
import { readFrames } from './frames.js';
import { call, say, stop, think } from './plan.js';

const create = { type: 'response.create', model: 'm', input: 'hi' };
const ENDS = ['response.completed', 'response.failed', 'response.incomplete', 'error'];
const user = (text: string) => ({ role: 'user', content: [{ type: 'text', text }] });
const assistant = (text: string) => ({ role: 'assistant', content: [{ type: 'text', text }], toolCalls: [] });

async function start(
  conversation: ScriptedConversation | SteeredConversation = new ScriptedConversation([[say('Hello'), stop]]),
  served: Partial<ServedSurface> = {},
) {
  const url = await serveSurface({ create: createOpenAISurface, conversation, ...served });
  return { url: `${url}/v1/responses`, conversation };
}

/** Without ids and times, which differ. */
function comparable(value: unknown): unknown {
  const json = JSON.stringify(value)
    .replace(/"(resp|msg|rs|fc)_[a-z0-9]+"/g, '"$1"')
    .replace(/"(created_at|completed_at)":\d+/g, '"$1":0');
  return JSON.parse(json);
}

describe('a WebSocket of responses', () => {
  it('has the events of an event stream, each as a message', async () => {
    const batches = [
      [think('hm'), say('Hel')],
      [say('lo'), call('a', 'f', '{}'), stop],
    ];
    const { url } = await start(new ScriptedConversation(batches));
    const client = await openWebSocketClient(url);
    client.send(create);
    const messages = await client.until(...ENDS);
    const stream = await (await post(url, { ...create, stream: true })).text();
    expect(comparable(messages)).toEqual(comparable(readFrames(stream)));
    expect(messages.map(({ sequence_number }) => sequence_number)).toEqual([...messages.keys()]);
  });

  it('takes several responses, and remembers those with store false for itself alone', async () => {
    const conversation = new ScriptedConversation([[say('Hello'), stop]]);
    const { url } = await start(conversation);
    const client = await openWebSocketClient(url);
    client.send({ ...create, store: false });
    const { response: first } = Object((await client.until(...ENDS)).at(-1));
    client.send({ ...create, input: 'more', store: false, previous_response_id: first.id });
    const { response: second } = Object((await client.until(...ENDS)).at(-1));
    expect(second).toMatchObject({ status: 'completed', previous_response_id: first.id });
    expect(conversation.asked.at(-1)).toMatchObject({
      messages: [user('hi'), assistant('Hello'), user('more')],
      sessionHint: first.id,
    });
    const other = await openWebSocketClient(url);
    other.send({ ...create, previous_response_id: second.id });
    expect(await other.next()).toMatchObject({
      type: 'error',
      status: 400,
      error: { code: 'previous_response_not_found', param: 'previous_response_id' },
    });
    expect((await fetch(`${url}/${second.id}`)).status).toBe(404);
  });

  it('keeps responses as those by POST where store is not false', async () => {
    const { url } = await start();
    const client = await openWebSocketClient(url);
    client.send(create);
    const { response } = Object((await client.until(...ENDS)).at(-1));
    expect(await (await fetch(`${url}/${response.id}`)).json()).toEqual(response);
  });

  it('answers nothing where generate is false, and a later response goes on from that', async () => {
    const conversation = new ScriptedConversation([[say('Hello'), stop]]);
    const { url } = await start(conversation);
    const client = await openWebSocketClient(url);
    client.send({ ...create, store: false, generate: false });
    const messages = await client.until(...ENDS);
    expect(messages.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.completed',
    ]);
    const { response } = Object(messages.at(-1));
    expect(response).toMatchObject({ status: 'completed', output: [], usage: { total_tokens: 0 } });
    expect(conversation.asked).toEqual([]);
    client.send({ ...create, input: 'more', store: false, previous_response_id: response.id });
    await client.until(...ENDS);
    expect(conversation.asked).toMatchObject([{ messages: [user('hi'), user('more')] }]);
  });

  it('answers one after the other, in the order in which they were asked for', async () => {
    const conversation = new SteeredConversation();
    const { url } = await start(conversation);
    const client = await openWebSocketClient(url);
    client.send({ ...create, input: 'one' });
    client.send({ ...create, input: 'two' });
    await eventually(() => expect(conversation.turns).toHaveLength(1));
    conversation.turns[0]?.say(say('first'), stop);
    const first = await client.until(...ENDS);
    await eventually(() => expect(conversation.turns).toHaveLength(2));
    expect(conversation.turns[1]?.request.messages).toMatchObject([user('two')]);
    conversation.turns[1]?.say(say('second'), stop);
    const second = await client.until(...ENDS);
    const texts = [first, second].map(
      (messages) => Object(messages.at(-1)).response.output[0].content[0].text,
    );
    expect(texts).toEqual(['first', 'second']);
  });

  it('repeats a stream_id in each of its events', async () => {
    const { url } = await start();
    const client = await openWebSocketClient(url);
    client.send({ ...create, stream_id: 'lane "1"' });
    const messages = await client.until(...ENDS);
    expect(new Set(messages.map(({ stream_id }) => stream_id))).toEqual(new Set(['lane "1"']));
  });

  it.each([
    ['what is no JSON', '{', { status: 400, error: { type: 'invalid_request_error' } }],
    [
      'no type',
      { model: 'm' },
      { status: 400, error: { code: 'missing_required_parameter', param: 'type' } },
    ],
    [
      'another type',
      { type: 'response.steer' },
      { status: 400, error: { code: 'invalid_value', param: 'type' } },
    ],
    [
      'no model',
      { type: 'response.create' },
      { status: 400, error: { code: 'missing_required_parameter', param: 'model' } },
    ],
  ])('tells an error to %s as a message, and goes on', async (_, message, error) => {
    const { url } = await start();
    const client = await openWebSocketClient(url);
    client.send(message);
    expect(await client.next()).toMatchObject({ type: 'error', ...error });
    client.send(create);
    expect((await client.until(...ENDS)).at(-1)?.type).toBe('response.completed');
  });

  it('tells a fault before the first event as an error, and a later one as response.failed', async () => {
    const fault = new Fault('busy', 'too much work', { retryAfterSeconds: 3 });
    const early = await start(new ScriptedConversation([[{ type: 'fault', fault }]]));
    const client = await openWebSocketClient(early.url);
    client.send(create);
    expect(await client.next()).toMatchObject({
      type: 'error',
      status: 503,
      error: { message: 'too much work' },
      headers: { 'retry-after': '3' },
    });
    const late = await start(new ScriptedConversation([[say('a')], [{ type: 'fault', fault }]]));
    const other = await openWebSocketClient(late.url);
    other.send(create);
    expect((await other.until(...ENDS)).at(-1)?.type).toBe('response.failed');
  });

  it.each([
    ['a long text', {}, say('x'.repeat(100_000))],
    ['long instructions, which each response repeats', { instructions: 'x'.repeat(20_000) }, say('x')],
  ])('goes on behind what is written in several pieces: %s', async (_, fields, first) => {
    const conversation = new SteeredConversation();
    const { url } = await start(conversation);
    const client = await openWebSocketClient(url);
    client.send({ ...create, ...fields });
    await eventually(() => expect(conversation.turns).toHaveLength(1));
    conversation.turns[0]?.say(first);
    await client.until('response.output_text.delta');
    conversation.turns[0]?.say(say('y'));
    conversation.turns[0]?.say(stop);
    const last = (await client.until(...ENDS)).at(-1);
    expect(last?.type).toBe('response.completed');
    expect(Object(last).response.output[0].content[0].text).toMatch(/^x+y$/);
  });

  it('passes over the word that a response was read to its end', async () => {
    const { url } = await start();
    const client = await openWebSocketClient(url);
    client.send({ type: 'response.processed', response_id: 'resp_1' });
    client.send(create);
    expect(await client.next()).toMatchObject({ type: 'response.created' });
  });

  it('ends the turn of a client that leaves, and begins none of those that wait', async () => {
    const conversation = new SteeredConversation();
    const { url } = await start(conversation);
    const client = await openWebSocketClient(url);
    client.send(create);
    client.send(create);
    await eventually(() => expect(conversation.turns).toHaveLength(1));
    client.close();
    await eventually(() => expect(conversation.turns[0]?.signal.aborted).toBe(true));
    expect(await client.closed).toBe(1005);
    expect(conversation.turns).toHaveLength(1);
  });
});

describe('what guards it', () => {
  it('is refused without a key, with the words of any other request', async () => {
    const { url } = await start(undefined, { apiKey: 'secret' });
    await expect(openWebSocketClient(url)).rejects.toMatchObject({
      status: 401,
      headers: { 'x-request-id': expect.any(String) },
      body: expect.stringContaining('invalid_api_key'),
    });
    const client = await openWebSocketClient(url, { headers: { authorization: 'Bearer secret' } });
    client.send(create);
    expect((await client.until(...ENDS)).at(-1)?.type).toBe('response.completed');
  });

  it.each([
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['another host', { host: 'evil.example' }],
  ])('is refused to %s', async (_, headers) => {
    const { url } = await start();
    await expect(openWebSocketClient(url, { headers })).rejects.toMatchObject({ status: 403 });
  });

  it('counts each message against the limit of requests', async () => {
    const { url } = await start(undefined, { rateLimits: { requestsPerMinute: 2 } });
    const client = await openWebSocketClient(url);
    client.send(create);
    expect((await client.until(...ENDS)).at(-1)?.type).toBe('response.completed');
    client.send(create);
    expect(await client.next()).toMatchObject({
      type: 'error',
      status: 429,
      headers: { 'retry-after': expect.any(String) },
    });
  });

  it('is closed at a message that is too long, and at one that is no text', async () => {
    const { url } = await start(undefined, { maxBodyBytes: 1_000 });
    const long = await openWebSocketClient(url);
    long.send({ ...create, input: 'x'.repeat(1_000) });
    expect(await long.closed).toBe(1009);
    const binary = await openWebSocketClient(url);
    binary.socket.send(Buffer.from(JSON.stringify(create)));
    expect(await binary.closed).toBe(1003);
  });

  it('is closed where too many messages wait', async () => {
    const conversation = new SteeredConversation();
    const { url } = await start(conversation);
    const client = await openWebSocketClient(url);
    for (let n = 0; n < 18; n++) client.send(create);
    expect(await client.closed).toBe(1008);
    await eventually(() => expect(conversation.turns[0]?.signal.aborted).toBe(true));
  });

  it('is pinged, and cut where nothing comes back', async () => {
    const { url } = await start(undefined, { pingMs: 1_000 });
    const alive = await openWebSocketClient(url);
    const silent = await openWebSocketClient(url, { autoPong: false });
    expect(await silent.closed).toBe(1006);
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('is closed where a message does not become whole, whatever comes between its parts', async () => {
    const { url } = await start(undefined, { pingMs: 200, bodyTimeoutMs: 100 });
    const whole = await openWebSocketClient(url);
    const half = await openWebSocketClient(url);
    half.socket.send('{"type":', { fin: false });
    half.socket.ping('between');
    expect(await half.closed).toBe(1008);
    expect(whole.socket.readyState).toBe(WebSocket.OPEN);
    const message = JSON.stringify(create);
    whole.socket.send(message.slice(0, 9), { fin: false });
    whole.socket.send(message.slice(9), { fin: true });
    expect((await whole.until(...ENDS)).at(-1)?.type).toBe('response.completed');
  });

  it('is closed after an hour, once no answer is owed, with the error that Codex goes by', async () => {
    const conversation = new SteeredConversation();
    const { url } = await start(conversation, { pingMs: 1_000, maxWebSocketMs: 1 });
    const client = await openWebSocketClient(url);
    client.send(create);
    await eventually(() => expect(conversation.turns).toHaveLength(1));
    let pings = 0;
    client.socket.on('ping', () => pings++);
    await eventually(() => expect(pings).toBeGreaterThan(0));
    conversation.turns[0]?.say(say('a'), stop);
    expect((await client.until(...ENDS)).at(-1)?.type).toBe('response.completed');
    expect(await client.next()).toMatchObject({
      type: 'error',
      error: { code: 'websocket_connection_limit_reached' },
    });
    expect(await client.closed).toBe(1001);
  });

  it('is a 426 at once where it is switched off', async () => {
    const { url } = await start(undefined, { webSockets: false });
    await expect(openWebSocketClient(url)).rejects.toMatchObject({
      status: 426,
      body: expect.stringContaining('Use POST'),
    });
  });

  it('is not there on other paths', async () => {
    const { url } = await start();
    await expect(openWebSocketClient(`${url}/resp_1`)).rejects.toMatchObject({ status: 404 });
    await expect(openWebSocketClient(url.replace('responses', 'chat/completions'))).rejects.toMatchObject({
      status: 405,
    });
  });
});

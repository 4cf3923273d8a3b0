import { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { eventually } from '../../eventually.js';
import { readChunks } from './frames.js';
import { post, ScriptedConversation, serve } from './scripted-bridge.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const call = (id: string): Event => ({ type: 'tool-call', id, name: 'f', input: '{"a":1}' });
const fault = (error: Fault): Event => ({ type: 'fault', fault: error });
const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };
const tools = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }];

describe('POST /v1/chat/completions', () => {
  it.each([{}, { stream: false }, { stream: null }])('answers whole by default: %j', async (fields) => {
    const conversation = new ScriptedConversation([
      [{ type: 'ready' }, say('Hel')],
      [say('lo'), stop],
    ]);
    const { url } = await serve(conversation);
    const response = await post(`${url}/v1/chat/completions`, { ...ask, ...fields });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ model: 'm', choices: [{ message: { content: 'Hello' } }] });
    expect(conversation.asked).toEqual([
      {
        model: 'm',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
        tools: [],
        sampling: {},
        isPassedOn: false,
      },
    ]);
  });

  it('streams when asked', async () => {
    const { url } = await serve(new ScriptedConversation([[say('Hel')], [say('lo'), stop]]));
    const response = await post(`${url}/v1/chat/completions/`, { ...ask, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const chunks = readChunks(await response.text());
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello');
  });

  it('gives the real client the same answer, streamed and whole', async () => {
    const { openai } = await serve(
      new ScriptedConversation([[say('Look'), say('ing.')], [call('c1'), call('c2')], [stop]]),
    );
    const whole = await openai.chat.completions.create({ ...ask, tools });
    const streamed = await openai.chat.completions
      .stream({ ...ask, tools, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(streamed.choices[0]).toMatchObject({ ...whole.choices[0] });
    expect(streamed.usage).toEqual(whole.usage);
  });

  it('gives one call where only one is wanted', async () => {
    const { openai } = await serve(
      new ScriptedConversation([
        [call('c1'), call('c2')],
        [call('c3'), stop],
      ]),
    );
    const answer = await openai.chat.completions.create({ ...ask, tools, parallel_tool_calls: false });
    expect(answer.choices[0]?.message.tool_calls?.map(({ id }) => id)).toEqual(['c1']);
  });

  it.each([true, false])('answers a fault that comes first with its status, stream: %s', async (stream) => {
    const lost = new Fault('model-not-found', 'not found', { param: 'm' });
    const { url } = await serve(new ScriptedConversation([[{ type: 'ready' }, fault(lost)]]));
    const response = await post(`${url}/v1/chat/completions`, { ...ask, stream });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      error: {
        message: 'The model `m` does not exist or you do not have access to it.',
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    });
  });

  it('tells a later fault in the stream, which the real client throws', async () => {
    const failed = new Fault('worker-error', 'no credit');
    const { openai } = await serve(new ScriptedConversation([[say('a')], [fault(failed)]]));
    const texts: string[] = [];
    const reading = async () => {
      const stream = await openai.chat.completions.create({ ...ask, stream: true });
      for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? '');
    };
    const outcome = await reading().catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(APIError);
    expect(outcome).toMatchObject({ message: 'no credit', code: 'upstream_error', type: 'server_error' });
    expect(texts.join('')).toBe('a');
  });

  it.each([true, false])('stops the turn when the client leaves, stream: %s', async (stream) => {
    const conversation = new ScriptedConversation([[say('a')]], { thenWait: true });
    const { openai } = await serve(conversation);
    const controller = new AbortController();
    const pending = openai.chat.completions.create({ ...ask, stream }, { signal: controller.signal });
    if (stream) await pending;
    else await eventually(() => expect(conversation.signals).toHaveLength(1));
    expect(conversation.signals[0]?.aborted).toBe(false);
    controller.abort();
    if (!stream) await expect(pending).rejects.toThrow('abort');
    await eventually(() => expect(conversation.signals[0]?.aborted).toBe(true));
  });

  it.each([
    ['', 400, { code: null, param: null }],
    ['{"model":', 400, { code: null, param: null }],
    [{ ...ask, n: 'x' }, 400, { code: 'invalid_type', param: 'n' }],
    [`{"model":"m","pad":"${'x'.repeat(1_000_000)}"}`, 413, { code: null, param: null }],
  ])('refuses a bad body', async (body, status, error) => {
    const conversation = new ScriptedConversation([]);
    const { url } = await serve(conversation);
    const response = await post(`${url}/v1/chat/completions`, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', ...error } });
    expect(conversation.asked).toEqual([]);
  });
});

describe('GET /v1/models', () => {
  it('lists what may be asked for', async () => {
    const { url, openai } = await serve(new ScriptedConversation([]));
    expect((await openai.models.list()).data).toMatchObject([{ id: 'm' }, { id: 'org/name:7b' }]);
    expect((await fetch(`${url}/v1/models/`, { redirect: 'error' })).status).toBe(200);
  });

  it.each([
    ['m', 'm'],
    ['m/', 'm'],
    ['m?x=1', 'm'],
    ['M:latest', 'M:latest'],
    ['hidden', 'hidden'],
    ['org/name:7b', 'org/name:7b'],
    ['org/name:7b/', 'org/name:7b'],
    ['org%2Fname%3A7b', 'org/name:7b'],
  ])('finds %s', async (path, id) => {
    const { url } = await serve(new ScriptedConversation([]));
    const response = await fetch(`${url}/v1/models/${path}`, { redirect: 'error' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      id,
      object: 'model',
      created: expect.any(Number),
      owned_by: 'hum',
      context_window: 200_000,
      context_length: 200_000,
      max_model_len: 200_000,
    });
  });

  it.each([
    ['nope', 'nope'],
    ['org%252Fname%253A7b', 'org%2Fname%3A7b'],
    ['%E0%A4', '%E0%A4'],
    ['100%', '100%'],
  ])('does not find %s', async (path, id) => {
    const { url } = await serve(new ScriptedConversation([], { models: ['org/name:7b', '100%'] }));
    const response = await fetch(`${url}/v1/models/${path}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        message: `The model '${id}' does not exist`,
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    });
  });
});

describe('the surface', () => {
  it('words unknown paths, wrong methods and missing keys', async () => {
    const { url } = await serve(new ScriptedConversation([]));
    const unknown = await post(`${url}/v1/foo`, {});
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({
      error: { message: 'Invalid URL (POST /v1/foo)', code: 'unknown_url' },
    });
    const wrong = await fetch(`${url}/v1/chat/completions`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const head = await fetch(`${url}/v1/models`, { method: 'HEAD' });
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET']);
    const guarded = await serve(new ScriptedConversation([]), 'secret');
    await expect(guarded.openai.models.list()).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
  });
});

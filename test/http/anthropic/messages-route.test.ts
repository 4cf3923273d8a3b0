import { APIError } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { eventually } from '../../eventually.js';
import { modelOf } from '../../model.js';
import { readFrames, textOf } from './frames.js';
import { errorBody, post, ScriptedConversation, serve } from './scripted-messages.js';

const usage = { promptTokens: 14, completionTokens: 7, cachedTokens: 3, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const call = (id: string): Event => ({ type: 'tool-call', id, name: 'f', input: '{"a":1}' });
const fault = (error: Fault): Event => ({ type: 'fault', fault: error });
const ask = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };
const tools = [{ name: 'f', input_schema: { type: 'object' as const } }];

describe('POST /v1/messages', () => {
  it.each([{}, { stream: false }, { stream: null }])('answers whole by default: %j', async (fields) => {
    const conversation = new ScriptedConversation([
      [{ type: 'ready' }, say('Hel')],
      [say('lo'), stop],
    ]);
    const { url } = await serve(conversation);
    const response = await post(`${url}/v1/messages?beta=true`, { ...ask, ...fields });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('request-id')).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(await response.json()).toMatchObject({ model: 'm', content: [{ type: 'text', text: 'Hello' }] });
    expect(conversation.asked).toEqual([
      {
        model: 'm',
        resolved: modelOf('m'),
        messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
        tools: [],
        sampling: { maxTokens: 9 },
        isPassedOn: false,
        caller: {
          surface: 'anthropic',
          keyId: undefined,
          requestId: response.headers.get('request-id'),
          logId: response.headers.get('request-id'),
          firstSid: { sid: response.headers.get('request-id')?.slice('req_'.length) },
        },
      },
    ]);
  });

  it('streams when asked', async () => {
    const { url } = await serve(new ScriptedConversation([[say('Hel')], [say('lo'), stop]]));
    const response = await post(`${url}/v1/messages/?beta=true`, { ...ask, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('request-id')).toMatch(/^req_[0-9a-f-]{36}$/);
    const frames = readFrames(await response.text());
    expect(frames.map(textOf).join('')).toBe('Hello');
  });

  it('begins a stream with an estimate of the input, and ends it with the count', async () => {
    const { url } = await serve(new ScriptedConversation([[say('a'), stop]]));
    for (const [content, tokens] of [
      ['', 1],
      ['x'.repeat(400), 100],
    ] as const) {
      const messages = [{ role: 'user', content }];
      const response = await post(`${url}/v1/messages`, { ...ask, messages, stream: true });
      const [first, ...rest] = readFrames(await response.text());
      expect(first).toMatchObject({ message: { usage: { input_tokens: tokens, output_tokens: 0 } } });
      expect(rest.at(-2)).toMatchObject({ usage: { input_tokens: 11, output_tokens: 7 } });
    }
  });

  it('gives the real client the same answer, streamed and whole', async () => {
    const { anthropic } = await serve(
      new ScriptedConversation([[say('Look'), say('ing.')], [call('t1'), call('t2')], [stop]]),
    );
    const { id: _, ...whole } = await anthropic.messages.create({ ...ask, tools });
    const streamed = await anthropic.messages.stream({ ...ask, tools }).finalMessage();
    expect(streamed).toMatchObject(whole);
    expect(whole.stop_reason).toBe('tool_use');
  });

  it.each([true, false])('gives one call where only one is wanted, stream: %s', async (stream) => {
    const conversation = new ScriptedConversation([
      [call('t1'), call('t2')],
      [call('t3'), stop],
    ]);
    const { anthropic } = await serve(conversation);
    const tool_choice = { type: 'auto' as const, disable_parallel_tool_use: true };
    const request = { ...ask, tools, tool_choice };
    const answer = stream
      ? await anthropic.messages.stream(request).finalMessage()
      : await anthropic.messages.create(request);
    expect(answer.content).toMatchObject([{ type: 'tool_use', id: 't1' }]);
    expect(answer.stop_reason).toBe('tool_use');
  });

  it.each([true, false])('answers a fault that comes first with its status, stream: %s', async (stream) => {
    const missing = new Fault('model-not-found', 'not found', { param: 'm' });
    const { url } = await serve(new ScriptedConversation([[{ type: 'ready' }, fault(missing)]]));
    const response = await post(`${url}/v1/messages`, { ...ask, stream });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/json');
    const body = await response.json();
    expect(body).toEqual(errorBody('not_found_error', 'model: m'));
    expect(response.headers.get('request-id')).toBe(Object(body).request_id);
  });

  it('tells a later fault in the stream, which the real client throws', async () => {
    const failed = new Fault('worker-error', 'no credit');
    const { anthropic, url } = await serve(new ScriptedConversation([[say('a')], [fault(failed)]]));
    const texts: string[] = [];
    const reading = async () => {
      const stream = anthropic.messages.stream(ask);
      stream.on('text', (text) => texts.push(text));
      await stream.finalMessage();
    };
    const outcome = await reading().catch((thrown: unknown) => thrown);
    expect(outcome).toBeInstanceOf(APIError);
    expect(outcome).toMatchObject({ type: 'api_error', apiMessage: 'no credit' });
    expect(texts.join('')).toBe('a');
    const frames = readFrames(await (await post(`${url}/v1/messages`, { ...ask, stream: true })).text());
    expect(frames.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'error',
    ]);
  });

  it.each([true, false])('stops the turn when the client leaves, stream: %s', async (stream) => {
    const conversation = new ScriptedConversation([[say('a')]], { thenWait: true });
    const { anthropic } = await serve(conversation);
    const controller = new AbortController();
    const pending = anthropic.messages.create({ ...ask, stream }, { signal: controller.signal });
    if (stream) await pending;
    else await eventually(() => expect(conversation.signals).toHaveLength(1));
    expect(conversation.signals[0]?.aborted).toBe(false);
    controller.abort();
    if (!stream) await expect(pending).rejects.toThrow('abort');
    await eventually(() => expect(conversation.signals[0]?.aborted).toBe(true));
  });

  it.each([
    ['', 400, 'invalid_request_error', 'The request body is not valid JSON: it is empty'],
    ['{"model":', 400, 'invalid_request_error', 'The request body is not valid JSON'],
    [
      { ...ask, max_tokens: -1 },
      400,
      'invalid_request_error',
      'max_tokens: Input should be greater than or equal to 0',
    ],
    [
      {
        ...ask,
        messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'x' } }] }],
      },
      400,
      'invalid_request_error',
      'messages.0.content.0.source.url: Input should be a URL that begins with https:// or http://',
    ],
    [`{"pad":"${'x'.repeat(1_000_000)}"}`, 413, 'request_too_large', expect.stringContaining('larger than')],
  ])('refuses a bad body', async (body, status, type, message) => {
    const conversation = new ScriptedConversation();
    const { url } = await serve(conversation);
    const response = await post(`${url}/v1/messages`, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual(errorBody(type, message));
    expect(conversation.asked).toEqual([]);
  });
});

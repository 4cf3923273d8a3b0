/**
 * The rules whose breach breaks most clients (src/http/openai/README.md, "Golden rules"), each by its number. 12 is the
 * Responses API's.
 */
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { ChatChunks } from '../../../src/http/openai/chat/chat-chunks.js';
import { chatBody } from '../../../src/http/openai/chat/schema.js';
import { eventually } from '../../eventually.js';
import { EmbeddingConversation } from './embeddings/embedding-conversation.js';
import { type Chunk, readChunks, readFrames } from './frames.js';
import { type Batches, post, ScriptedConversation, serve } from './scripted-bridge.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const think = (text: string): Event => ({ type: 'reasoning-delta', text });
const call = (id: string, input = '{"a":1}'): Event => ({ type: 'tool-call', id, name: 'f', input });
const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };
const tools = [{ type: 'function', function: { name: 'f' } }];

async function chat(batches: Batches, fields: object = {}) {
  const { url } = await serve(new ScriptedConversation(batches));
  return post(`${url}/v1/chat/completions`, { ...ask, ...fields });
}

async function stream(batches: Batches, fields: object = {}): Promise<readonly Chunk[]> {
  return readChunks(await (await chat(batches, { ...fields, stream: true })).text());
}

const everything = [[think('hm'), say('Hel'), say('lo')], [call('c1'), call('c2', '')], [stop]];

describe('golden rule', () => {
  it.each([undefined, null, false])(
    '1: no stream unless it is asked for, on every route: %s',
    async (value) => {
      const { url } = await serve(new ScriptedConversation([[say('a'), stop]]));
      for (const [path, body] of [
        ['/v1/chat/completions', ask],
        ['/v1/completions', { model: 'm', prompt: 'hi' }],
      ]) {
        const response = await post(`${url}${path}`, { ...Object(body), stream: value });
        expect(response.headers.get('content-type')).toBe('application/json');
      }
    },
  );

  it('2: the role stands in the first chunk and in no other', async () => {
    const roles = (await stream(everything, { tools })).map(({ choices }) => choices[0]?.delta.role);
    expect(roles[0]).toBe('assistant');
    expect(roles.slice(1).filter((role) => role !== undefined)).toEqual([]);
  });

  it('3: index, id, type and name of a call come once; what follows is its index and arguments', async () => {
    const long = JSON.stringify({ text: 'x'.repeat(25_000) });
    const chunks = await stream([[call('c1', long), stop]], { tools });
    const [first, ...rest] = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(first).toMatchObject({ index: 0, id: 'c1', type: 'function', function: { name: 'f' } });
    expect(rest.length).toBeGreaterThan(1);
    for (const fragment of rest) {
      expect(fragment).toEqual({ index: 0, function: { arguments: expect.any(String) } });
    }
  });

  it('4: calls are numbered from 0 without gaps, one in a chunk', async () => {
    const chunks = await stream(
      [
        [call('a'), call('b')],
        [call('c'), stop],
      ],
      { tools },
    );
    const calls = chunks.map(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(calls.flat().map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(calls.every((list) => list.length <= 1)).toBe(true);
  });

  it('5: arguments are JSON text, and {} where there are none', async () => {
    const whole = Object(await (await chat(everything, { tools })).json());
    const args = whole.choices[0].message.tool_calls.map((each: never) => each['function']['arguments']);
    expect(args).toEqual(['{"a":1}', '{}']);
    const chunks = await stream(everything, { tools });
    const fragments = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(fragments.map((fragment) => fragment.function?.arguments)).toEqual(['{"a":1}', '{}']);
  });

  it('6: the reason is tool_calls wherever there are calls, whatever the worker says', async () => {
    const whole = Object(await (await chat(everything, { tools })).json());
    expect(whole.choices[0].finish_reason).toBe('tool_calls');
    expect((await stream(everything, { tools })).at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('7: the reason stands in a last chunk with an empty delta; every earlier one has null', async () => {
    const chunks = await stream(everything, { tools });
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'tool_calls' });
    for (const { choices } of chunks.slice(0, -1)) expect(choices[0]).toHaveProperty('finish_reason', null);
  });

  it.each([
    [{ include_usage: true }, true],
    [{ include_usage: false }, false],
    [{ include_usage: null }, false],
    [null, false],
    [undefined, false],
  ])(
    '8: usage comes only if asked for, without choices, right before [DONE]: %j',
    async (stream_options, has) => {
      const text = await (await chat(everything, { stream: true, stream_options })).text();
      const frames = readFrames(text);
      const last = JSON.parse(frames.at(-2) ?? '');
      expect(frames.at(-1)).toBe('[DONE]');
      expect(text.includes('"usage"')).toBe(has);
      if (has) expect(last).toMatchObject({ choices: [], usage: { total_tokens: 5 } });
      else expect(last.choices).toHaveLength(1);
    },
  );

  it('9: choices is always a list; created is whole seconds; id and created stay the same', async () => {
    const askedAt = Math.floor(Date.now() / 1000);
    const chunks = await stream(everything, { tools, stream_options: { include_usage: true } });
    expect(chunks.every(({ choices }) => Array.isArray(choices))).toBe(true);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const created = new Set(chunks.map((chunk) => chunk.created));
    expect(created.size).toBe(1);
    for (const seconds of created) {
      expect(Number.isInteger(seconds)).toBe(true);
      expect(seconds).toBeGreaterThanOrEqual(askedAt);
      expect(seconds).toBeLessThanOrEqual(Date.now() / 1000);
    }
  });

  it.each([true, false])(
    '10: what fails before the first event has a real status, stream: %s',
    async (value) => {
      const fault: Event = { type: 'fault', fault: new Fault('budget-refused', 'used up') };
      const response = await chat([[{ type: 'ready' }], [fault]], { stream: value });
      expect(response.status).toBe(429);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.json()).toEqual({
        error: { message: 'used up', type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
      });
    },
  );

  it('11: a stream ends with [DONE]', async () => {
    const text = await (await chat(everything, { stream: true })).text();
    expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  });

  it('13: no id:, no retry:, no event: lines; silence is kept alive by a comment', async () => {
    const text = await (await chat(everything, { stream: true })).text();
    for (const line of text.split('\n')) expect(line).toMatch(/^(data: .*)?$/);
    const encoder = new ChatChunks(
      { id: 'c', created: 1, model: 'm' },
      { choices: 1, includeUsage: false, reasoningField: 'both', isLegacy: false, customTools: new Set() },
    );
    expect(encoder.ping).toBe(': ping\n\n');
  });

  it.each([true, false])('14: the worker stops when the client goes, stream: %s', async (value) => {
    const conversation = new ScriptedConversation([[say('a')]], { thenWait: true });
    const { url } = await serve(conversation);
    const controller = new AbortController();
    const pending = fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...ask, stream: value }),
      signal: controller.signal,
    });
    pending.catch(() => undefined);
    await eventually(() => expect(conversation.signals).toHaveLength(1));
    controller.abort();
    await eventually(() => expect(conversation.signals[0]?.aborted).toBe(true));
  });

  it('15: embeddings come as base64 where that is asked for, as the official clients do', async () => {
    const conversation = new EmbeddingConversation(() => ({ embeddings: [[0.5, -1, 2, 0.25]] }));
    const { openai } = await serve(conversation);
    const { data } = await openai.embeddings.create({ model: 'm', input: 'hi' });
    expect(data[0]?.embedding).toEqual([0.5, -1, 2, 0.25]);
  });

  it('16: unknown fields are taken, and null for every optional one', async () => {
    const optional = Object.keys(chatBody.shape).filter((key) => key !== 'model' && key !== 'messages');
    const nulls = Object.fromEntries(optional.map((key) => [key, null]));
    const response = await chat([[say('a'), stop]], {
      ...nulls,
      user: null,
      metadata: null,
      new_in_2030: [1],
    });
    expect(response.status).toBe(200);
  });

  it('2 to 9: what the real client puts together is the whole answer', async () => {
    const chunks = await stream(everything, { tools, stream_options: { include_usage: true } });
    const lines = new Blob(chunks.map((chunk) => `${JSON.stringify(chunk)}\n`)).stream();
    const streamed = await ChatCompletionStream.fromReadableStream(lines).finalChatCompletion();
    const whole = Object(await (await chat(everything, { tools })).json());
    expect(streamed.choices[0]?.message.tool_calls).toEqual(whole.choices[0].message.tool_calls);
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0].message.content);
    expect(streamed.usage).toEqual(whole.usage);
  });
});

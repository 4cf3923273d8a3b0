/**
 * What other servers got wrong (src/http/openai/README.md, "Known bugs"), each by its number. 28 to 41 are the Responses
 * API's; 44, 47 and 49 show in `test/http` as well, for all surfaces.
 */
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import { OpenStreams } from '../../../src/http/answer/open-streams.js';
import { ChatChunks, type ChunkOptions } from '../../../src/http/openai/chat/chat-chunks.js';
import { eventually } from '../../eventually.js';
import { EmbeddingConversation } from './embeddings/embedding-conversation.js';
import { type Chunk, readChunks, readFrames } from './frames.js';
import { type Batches, post, ScriptedConversation, serve } from './scripted-bridge.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const think = (text: string): Event => ({ type: 'reasoning-delta', text });
const call = (id: string, input = '{"a":1}'): Event => ({ type: 'tool-call', id, name: 'f', input });
const failed: Event = { type: 'fault', fault: new Fault('worker-error', 'no credit') };
const hi = { role: 'user', content: 'hi' };
const ask = { model: 'm', messages: [hi] };
const tools = [{ type: 'function', function: { name: 'f' } }];
const plain: ChunkOptions = {
  choices: 1,
  includeUsage: false,
  reasoningField: 'both',
  isLegacy: false,
  customTools: new Set(),
};

async function chat(batches: Batches, fields: object = {}) {
  const { url } = await serve(new ScriptedConversation(batches));
  return post(`${url}/v1/chat/completions`, { ...ask, tools, ...fields });
}

async function stream(batches: Batches, fields: object = {}): Promise<readonly Chunk[]> {
  return readChunks(await (await chat(batches, { ...fields, stream: true })).text());
}

async function callsOf(batches: Batches, fields: object = {}) {
  return (await stream(batches, fields)).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
}

/** Sends `messages` and gives what the conversation was asked. */
async function asked(messages: readonly unknown[], fields: object = {}) {
  const conversation = new ScriptedConversation([[say('a'), stop]]);
  const { url } = await serve(conversation);
  const response = await post(`${url}/v1/chat/completions`, { ...ask, messages, ...fields });
  expect(response.status).toBe(200);
  return conversation.asked[0];
}

describe('bugs of tool calls', () => {
  it('bug 1, 2, 12: every call has an index, and the right one', async () => {
    const indexes = (await callsOf([[call('a')], [call('b'), stop]])).map(({ index }) => index);
    expect(indexes).toEqual([0, 1]);
  });

  it('bug 3, 4: no two calls share an index, also across batches', async () => {
    const calls = await callsOf([[call('a'), call('b')], [call('c')], [call('d'), stop]]);
    expect(new Set(calls.map(({ index }) => index)).size).toBe(4);
    expect(calls.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('bug 5: a call is remembered to the end of the stream, however far away', async () => {
    const chunks = await stream([[call('a')], [say('still talking')], [], [stop]]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('bug 6: the reason after calls is not stop', async () => {
    const whole = Object(await (await chat([[call('a'), stop]])).json());
    expect(whole.choices[0].finish_reason).toBe('tool_calls');
  });

  it.each(['auto', 'required', { type: 'function', function: { name: 'f' } }])(
    'bug 7: the reason is tool_calls however the tool was chosen: %j',
    async (tool_choice) => {
      const whole = Object(await (await chat([[call('a'), stop]], { tool_choice })).json());
      expect(whole.choices[0].finish_reason).toBe('tool_calls');
      expect((await stream([[call('a'), stop]], { tool_choice })).at(-1)?.choices[0]?.finish_reason).toBe(
        'tool_calls',
      );
    },
  );

  it('bug 8: name and id are not repeated', async () => {
    const calls = await callsOf([[call('a', JSON.stringify({ text: 'x'.repeat(25_000) })), stop]]);
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.filter(({ id }) => id !== undefined)).toHaveLength(1);
    expect(calls.filter((each) => each.function?.name !== undefined)).toHaveLength(1);
  });

  it('bug 9: arguments in the history are text or an object', async () => {
    const request = await asked([
      hi,
      {
        role: 'assistant',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'b', type: 'function', function: { name: 'f', arguments: { a: 1 } } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
    ]);
    expect(request?.messages[1]).toMatchObject({ toolCalls: [{ input: '{"a":1}' }, { input: '{"a":1}' }] });
  });

  it('bug 10: arguments are text, never an object', async () => {
    const whole = Object(await (await chat([[call('a'), stop]])).json());
    expect(whole.choices[0].message.tool_calls[0].function.arguments).toBe('{"a":1}');
  });

  it('bug 11: a chunk holds one entry of a call', async () => {
    const long = JSON.stringify({ text: 'x'.repeat(25_000) });
    for (const { choices } of await stream([[call('a', long), call('b', long), stop]]))
      expect(choices[0]?.delta.tool_calls?.length ?? 1).toBe(1);
  });

  it('bug 13: no key without a value in a delta', async () => {
    const text = await (await chat([[think('hm'), say('a'), call('a')], [stop]], { stream: true })).text();
    for (const frame of readFrames(text).slice(0, -1)) {
      const { delta } = Object(JSON.parse(frame)).choices[0];
      expect(Object.values(delta)).not.toContain(null);
      if (!('role' in delta)) expect(Object.values(delta)).not.toContain('');
    }
  });
});

describe('bugs of roles and the shape of chunks', () => {
  const batches = [[think('hm'), say('a')], [say('b'), call('c')], [stop]];

  it('bug 14, 15, 16: the role is assistant, once, and always there', async () => {
    for (const turn of [batches, [[stop]], [[call('a'), stop]]]) {
      const roles = (await stream(turn)).flatMap(({ choices }) => choices[0]?.delta.role ?? []);
      expect(roles).toEqual(['assistant']);
    }
  });

  it('bug 17: no usage that was not asked for', async () => {
    expect((await stream(batches)).filter((chunk) => 'usage' in chunk || chunk.choices.length !== 1)).toEqual(
      [],
    );
  });

  it('bug 18: the chunk with the usage has choices too', async () => {
    expect((await stream(batches, { stream_options: { include_usage: true } })).at(-1)?.choices).toEqual([]);
  });

  it('bug 19: choices is never null', async () => {
    const text = await (
      await chat(batches, { stream: true, stream_options: { include_usage: true } })
    ).text();
    for (const frame of readFrames(text).slice(0, -1))
      expect(Array.isArray(Object(JSON.parse(frame)).choices)).toBe(true);
  });

  it('bug 20: the id stays the same', async () => {
    expect(new Set((await stream(batches)).map(({ id }) => id)).size).toBe(1);
  });

  it('bug 21: the end has a reason', async () => {
    expect((await stream(batches)).at(-1)?.choices[0]?.finish_reason).toEqual(expect.any(String));
  });
});

describe('bugs of content', () => {
  const called = { tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] };

  it.each([[{ content: null }], [{ content: '' }], [{}], [{ content: [] }]])(
    'bug 22: calls in the history may have no content: %j',
    async (content) => {
      const request = await asked([
        hi,
        { role: 'assistant', ...content, ...called },
        { role: 'tool', tool_call_id: 'a', content: '1' },
      ]);
      expect(request?.messages[1]).toEqual({
        role: 'assistant',
        content: [],
        toolCalls: [{ id: 'a', name: 'f', input: '{}' }],
      });
    },
  );

  it('bug 23: a developer is heard like the system', async () => {
    expect((await asked([{ role: 'developer', content: 'Be brief.' }, hi]))?.system).toBe('Be brief.');
  });

  it('bug 24: max_completion_tokens is known', async () => {
    expect((await asked([hi], { max_completion_tokens: 9 }))?.sampling).toEqual({ maxTokens: 9 });
  });

  it('bug 25: parallel_tool_calls may be null', async () => {
    expect((await asked([hi], { parallel_tool_calls: null }))?.sampling).toEqual({});
  });
});

describe('bugs of reasoning', () => {
  it('bug 26: it has both of its names', async () => {
    const { message } = Object(await (await chat([[think('hm'), say('a'), stop]])).json()).choices[0];
    expect(message).toMatchObject({ reasoning: 'hm', reasoning_content: 'hm' });
    const deltas = (await stream([[think('hm'), say('a'), stop]])).map(({ choices }) => choices[0]?.delta);
    expect(deltas).toContainEqual({ reasoning: 'hm', reasoning_content: 'hm' });
  });

  it('bug 27: it does not stand in the content', async () => {
    const { message } = Object(await (await chat([[think('hm'), say('a'), stop]])).json()).choices[0];
    expect(message.content).toBe('a');
  });
});

describe('bugs of embeddings', () => {
  it.each([
    ['base64', 'AAAAPwAAgL8='],
    ['float', [0.5, -1]],
    [undefined, [0.5, -1]],
  ])('bug 42: encoding_format is heeded: %s', async (encoding_format, embedding) => {
    const { url } = await serve(new EmbeddingConversation(() => ({ embeddings: [[0.5, -1]] })));
    const response = await post(`${url}/v1/embeddings`, { model: 'm', input: 'hi', encoding_format });
    expect(Object(await response.json()).data[0].embedding).toEqual(embedding);
  });
});

describe('bugs of the transport', () => {
  it('bug 43: no id: and no retry: that would make an event of a ping', async () => {
    const text = await (await chat([[say('id: 1\nretry: 2'), stop]], { stream: true })).text();
    expect(text.split('\n').filter((line) => !/^(data: |: |$)/.test(line))).toEqual([]);
  });

  it('bug 44: a silent stream is pinged, and the ping is a comment', () => {
    const encoder = new ChatChunks({ id: 'c', created: 1, model: 'm' }, plain);
    let now = 0;
    const streams = new OpenStreams(
      { now: () => now, monotonic: () => now },
      { headerHoldMs: 10_000, clientStallMs: 60_000 },
    );
    const written: string[] = [];
    let closed = () => {};
    const outgoing = Object.assign(new EventTarget(), {
      headersSent: false,
      writableEnded: false,
      on: (_: string, close: () => void) => {
        closed = close;
      },
      writeHead() {
        this.headersSent = true;
      },
      flushHeaders: () => undefined,
      write: (text: string) => written.push(text),
    });
    const open = streams.open(outgoing as never, encoder);
    for (now of [9_000, 10_000, 20_000, 25_000, 40_000]) {
      open.sweep(now, { headerHoldMs: 10_000, clientStallMs: 60_000 });
    }
    closed();
    expect(written).toEqual([': ping\n\n', ': ping\n\n']);
    expect(streams.size).toBe(0);
  });

  it.each([true, false])('bug 45: a worker does not go on without its client, stream: %s', async (value) => {
    const conversation = new ScriptedConversation([[say('a')]], { thenWait: true });
    const { url } = await serve(conversation);
    const request = httpRequest(`${url}/v1/chat/completions`, { method: 'POST' });
    request.on('error', () => undefined);
    request.end(JSON.stringify({ ...ask, n: 3, stream: value }));
    await eventually(() => expect(conversation.signals).toHaveLength(3));
    request.destroy();
    await eventually(() => expect(conversation.signals.every((signal) => signal.aborted)).toBe(true));
  });

  it('bug 46, 47: no proxy may buffer or compress a stream', async () => {
    const { url } = await serve(new ScriptedConversation([[say('a'), stop]]));
    for (const [path, body] of [
      ['/v1/chat/completions', ask],
      ['/v1/completions', { model: 'm', prompt: 'hi' }],
    ]) {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'accept-encoding': 'gzip, br, zstd' },
        body: JSON.stringify({ ...Object(body), stream: true }),
      });
      expect(response.headers.get('x-accel-buffering')).toBe('no');
      expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(response.headers.get('content-length')).toBeNull();
    }
  });

  it('bug 48: no character is cut in two', async () => {
    const long = '😀'.repeat(12_001);
    const chunks = await stream([[say('😀é語'), say(long), stop]]);
    const texts = chunks.flatMap(({ choices }) => choices[0]?.delta.content ?? []);
    expect(texts.join('')).toBe(`😀é語${long}`);
    expect(texts.filter((text) => !text.isWellFormed())).toEqual([]);
  });

  it('bug 49: a client that leaves between two chunks does not leave its turn behind', async () => {
    const conversation = new ScriptedConversation([[say('a')]], { thenWait: true });
    const { openai } = await serve(conversation);
    const events = await openai.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
    });
    for await (const _ of events) break;
    await eventually(() => expect(conversation.signals[0]?.aborted).toBe(true));
  });
});

describe('bugs of errors', () => {
  it.each([true, false])(
    'bug 50: an error has no status 200 as long as nothing is out, stream: %s',
    async (value) => {
      expect((await chat([[failed]], { stream: value })).status).toBe(502);
    },
  );

  it('bug 50: nor has one that comes in the middle of a whole answer', async () => {
    expect((await chat([[say('a')], [failed]])).status).toBe(502);
  });

  it('bug 51: an error in a stream is told, and nothing after it', async () => {
    const frames = readFrames(await (await chat([[say('a')], [failed]], { stream: true })).text());
    expect(JSON.parse(frames.at(-1) ?? '')).toEqual({
      error: { message: 'no credit', type: 'server_error', param: null, code: 'upstream_error' },
    });
    expect(frames.filter((frame) => frame.includes('"finish_reason":"'))).toEqual([]);
  });

  it.each([
    ['POST', '/v1/chat/completions', '{'],
    ['POST', '/v1/completions', '{}'],
    ['POST', '/v1/embeddings', '[]'],
    ['GET', '/v1/chat/completions', undefined],
    ['GET', '/v1/models/nope', undefined],
    ['GET', '/v1/nope', undefined],
    ['POST', '/v1/images/edits', '{}'],
  ])('bug 52: every error stands under error, with four keys: %s %s', async (method, path, body) => {
    const { url } = await serve(new ScriptedConversation([]));
    const response = await fetch(url + path, { method, ...(body === undefined ? {} : { body }) });
    expect(response.status).toBeGreaterThanOrEqual(400);
    const answer = Object(await response.json());
    expect(Object.keys(answer)).toEqual(['error']);
    expect(Object.keys(answer.error)).toEqual(['message', 'type', 'param', 'code']);
  });

  it('bug 53: a browser may send the headers of the official client', async () => {
    const { url } = await serve(new ScriptedConversation([]));
    const asksFor = 'authorization,content-type,x-stainless-os,x-stainless-helper-method,x-new-in-2030';
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
        'access-control-request-headers': asksFor,
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toBe(asksFor);
  });
});

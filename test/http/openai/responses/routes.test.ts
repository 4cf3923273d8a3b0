import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../src/core/fault.js';
import { eventually } from '../../../eventually.js';
import { card, modelOf } from '../../../model.js';
import { post, ScriptedConversation, serve } from '../scripted-bridge.js';
import { readFrames, typesOf } from './frames.js';
import { call, say, stop, think } from './plan.js';
import { fault } from './turns.js';

const ask = { model: 'm', input: 'hi' };
const hello = [
  [{ type: 'ready' as const }, say('Hel')],
  [say('lo'), stop],
];

async function start(
  batches: ConstructorParameters<typeof ScriptedConversation>[0] = hello,
  thenWait = false,
) {
  const conversation = new ScriptedConversation(batches, { thenWait });
  const { url, openai } = await serve(conversation);
  return { conversation, openai, url: `${url}/v1/responses` };
}

describe('POST /v1/responses', () => {
  it.each([{}, { stream: false }, { stream: null }])('answers whole by default: %j', async (fields) => {
    const { url, conversation } = await start();
    const response = await post(url, { ...ask, ...fields });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    const answer = await response.json();
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^resp_[a-z0-9]{24,}$/),
      object: 'response',
      created_at: expect.toSatisfy(Number.isInteger),
      completed_at: expect.toSatisfy(Number.isInteger),
      status: 'completed',
      model: 'm',
      output: [{ id: expect.stringMatching(/^msg_[a-z0-9]{24,}$/), content: [{ text: 'Hello' }] }],
    });
    expect(conversation.asked).toEqual([
      {
        model: 'm',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
        tools: [],
        sampling: {},
        nextSessionHint: Object(answer).id,
      },
    ]);
  });

  it('streams when asked, to [DONE]', async () => {
    const { url } = await start();
    const response = await post(`${url}/`, { ...ask, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(typesOf(await response.text())).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
  });

  it.each([true, false])('answers a fault that comes first with its status, stream: %s', async (stream) => {
    const lost = new Fault('model-not-found', 'not found', { param: 'm' });
    const { url } = await start([[{ type: 'ready' }, { type: 'fault', fault: lost }]]);
    const response = await post(url, { ...ask, stream });
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/json']);
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
  });

  it('tells a fault in the middle as response.failed, and nothing after it', async () => {
    const { url } = await start([[say('a')], [fault, say('b'), stop]]);
    const frames = readFrames(await (await post(url, { ...ask, stream: true })).text());
    expect(frames.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error', message: 'no credit' } },
    });
  });

  it('answers a fault in the middle of a whole answer with its status', async () => {
    const { url } = await start([[say('a')], [fault]]);
    expect((await post(url, ask)).status).toBe(502);
  });

  it('gives one call where only one is wanted', async () => {
    const calls = [call('a', 'f', '{}'), call('b', 'f', '{}')];
    const { openai } = await start([calls, [call('c', 'f', '{}'), stop]]);
    const { output } = await openai.responses.create({ ...ask, parallel_tool_calls: false });
    expect(output).toMatchObject([{ type: 'function_call', call_id: 'a' }]);
  });

  it.each([
    [{}, { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] }],
    [
      { include: ['reasoning.content'] },
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
    ],
  ])('tells thoughts in the one form that is asked for: %j', async (fields, item) => {
    const { url } = await start([[think('hm'), stop]]);
    const response = await post(url, { ...ask, ...fields });
    const { output } = Object(await response.json());
    expect(output[0]).toEqual({ ...item, id: expect.any(String), status: 'completed' });
  });

  it('tells no thoughts where none are wanted', async () => {
    const { openai } = await start([[think('hm'), say('a'), stop]]);
    const { output } = await openai.responses.create({ ...ask, reasoning: { effort: 'none' } });
    expect(output.map(({ type }) => type)).toEqual(['message']);
  });

  it.each([
    [new Fault('context-too-long', 'too long'), 400, { code: 'context_length_exceeded', param: 'input' }],
    [new Fault('invalid-answer', 'no JSON'), 502, { code: 'upstream_error', param: 'text.format' }],
  ])('names its own field in a fault: %#', async (why, status, error) => {
    const { url } = await start([[{ type: 'fault', fault: why }]]);
    const response = await post(url, ask);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error });
  });

  it('refuses images for a model that cannot see', async () => {
    const conversation = new ScriptedConversation(hello);
    const blind = modelOf('m', { card: { ...card, capabilities: ['completion'] } });
    conversation.models = () => [blind];
    const { url } = await serve(conversation);
    const content = [{ type: 'input_image', image_url: 'https://x/y.png' }];
    const response = await post(`${url}/v1/responses`, { model: 'm', input: [{ role: 'user', content }] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'input', code: 'unsupported_value' } });
  });

  it('gives thoughts once more, opaque, where `include` asks for it', async () => {
    const { openai } = await start([[think('hm'), stop]]);
    const { output } = await openai.responses.create({ ...ask, include: ['reasoning.encrypted_content'] });
    expect(output[0]).toMatchObject({ encrypted_content: Buffer.from('hm').toString('base64') });
  });

  it.each([true, false])('stops the turn when the client leaves, stream: %s', async (stream) => {
    const { conversation, openai } = await start([[say('a')]], true);
    const controller = new AbortController();
    const pending = openai.responses.create({ ...ask, stream }, { signal: controller.signal });
    if (stream) await pending;
    else await eventually(() => expect(conversation.signals).toHaveLength(1));
    controller.abort();
    if (!stream) await expect(pending).rejects.toThrow('abort');
    await eventually(() => expect(conversation.signals[0]?.aborted).toBe(true));
  });

  it('takes no other method', async () => {
    const { url } = await start();
    const response = await fetch(url);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('a response before another', () => {
  it('gives its input and output to the next one, but neither instructions nor tools', async () => {
    const { conversation, openai } = await start();
    const tools = [{ type: 'function' as const, name: 'f', parameters: {}, strict: false }];
    const first = await openai.responses.create({ ...ask, instructions: 'be brief', tools });
    const stream = openai.responses.stream({ model: 'm', input: 'more', previous_response_id: first.id });
    const second = await stream.finalResponse();
    expect(second.previous_response_id).toBe(first.id);
    await openai.responses.create({ model: 'm', input: 'and more', previous_response_id: second.id });
    const said = (role: string, text: string) => ({ role, content: [{ type: 'text', text }] });
    const hello = { ...said('assistant', 'Hello'), toolCalls: [] };
    expect(conversation.asked[2]).toEqual({
      model: 'm',
      messages: [said('user', 'hi'), hello, said('user', 'more'), hello, said('user', 'and more')],
      tools: [],
      sampling: {},
      sessionHint: first.id,
      nextSessionHint: first.id,
    });
  });

  it('gives its id to the conversation, but not where it is not kept, and behind any other name', async () => {
    const { conversation, openai } = await start();
    const first = await openai.responses.create(ask);
    await openai.responses.create({ ...ask, store: false });
    await openai.responses.create({ ...ask, previous_response_id: first.id, prompt_cache_key: 'k' });
    const names = conversation.asked.map(({ sessionHint, nextSessionHint }) => [
      sessionHint,
      nextSessionHint,
    ]);
    expect(names).toEqual([
      [undefined, first.id],
      [undefined, undefined],
      ['k', first.id],
    ]);
  });

  it('need not be followed by an input', async () => {
    const { conversation, openai } = await start();
    const { id } = await openai.responses.create(ask);
    await openai.responses.create({ model: 'm', previous_response_id: id });
    expect(conversation.asked[1]?.messages).toHaveLength(2);
  });

  it('that failed in the middle of a stream is kept, too', async () => {
    const { openai } = await start([[say('a')], [fault]]);
    const { id } = await openai.responses.stream(ask).finalResponse();
    expect(await openai.responses.retrieve(id)).toMatchObject({
      status: 'failed',
      error: { message: 'no credit' },
    });
  });

  it('is not found once it is deleted, nor are those behind it', async () => {
    const { openai } = await start();
    const first = await openai.responses.create(ask);
    const second = await openai.responses.create({ ...ask, previous_response_id: first.id });
    await openai.responses.delete(first.id);
    await expect(openai.responses.create({ ...ask, previous_response_id: second.id })).rejects.toMatchObject({
      status: 400,
      code: 'previous_response_not_found',
      message: expect.stringContaining(first.id),
    });
  });
});

describe('a reference to an item', () => {
  it('stands for the item', async () => {
    const { conversation, openai } = await start([[call('a', 'f', '{"x":1}'), stop]]);
    const { output } = await openai.responses.create(ask);
    await openai.responses.create({
      model: 'm',
      input: [
        { role: 'user', content: 'hi' },
        { type: 'item_reference', id: output[0]?.id ?? '' },
        { type: 'function_call_output', call_id: 'a', output: '21C' },
      ],
    });
    expect(conversation.asked[1]?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', toolCalls: [{ id: 'a', name: 'f', input: '{"x":1}' }] },
      { role: 'tool', toolCallId: 'a', toolName: 'f' },
    ]);
  });

  it.each([{ id: 'msg_x' }, { type: 'item_reference', id: 'msg_x' }])(
    'that is not kept is refused: %j',
    async (item) => {
      const { url, conversation } = await start();
      const response = await post(url, { model: 'm', input: [item] });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { param: 'input', message: expect.stringMatching(/^Item with id 'msg_x' not found\./) },
      });
      expect(conversation.asked).toEqual([]);
    },
  );
});

describe('a response that is kept', () => {
  it.each([true, false])('is given as it was, stream: %s', async (stream) => {
    const { openai, url } = await start();
    const response = stream
      ? await openai.responses.stream(ask).finalResponse()
      : await openai.responses.create(ask);
    const kept = await (await fetch(`${url}/${response.id}`)).json();
    const { output_text: _, ...told } = response;
    expect(kept).toMatchObject(
      stream ? { id: told.id, status: 'completed', usage: { ...told.usage } } : { ...told },
    );
    expect((await fetch(`${url}/${response.id}/`)).status).toBe(200);
  });

  it('is deleted', async () => {
    const { openai, url } = await start();
    const { id } = await openai.responses.create(ask);
    const response = await fetch(`${url}/${id}`, { method: 'DELETE' });
    expect(await response.json()).toEqual({ id, object: 'response', deleted: true });
    await expect(openai.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it('lists its input, newest first', async () => {
    const { openai, url } = await start();
    const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }));
    const { id } = await openai.responses.create({ model: 'm', input });
    const texts: unknown[] = [];
    for await (const item of openai.responses.inputItems.list(id, { limit: 2 })) {
      texts.push(item.type === 'message' && item.content[0]?.type === 'input_text' && item.content[0].text);
    }
    expect(texts).toEqual(['c', 'b', 'a']);
    const first = Object(await (await fetch(`${url}/${id}/input_items?limit=1&order=asc`)).json());
    expect(first).toMatchObject({ object: 'list', has_more: true, data: [{ content: [{ text: 'a' }] }] });
    expect(first.first_id).toBe(first.last_id);
  });

  it.each([
    ['limit=0', 'limit', 'integer_below_min_value'],
    ['limit=101', 'limit', 'integer_above_max_value'],
    ['limit=x', 'limit', 'invalid_type'],
    ['order=up', 'order', 'invalid_value'],
    ['after=x', 'after', null],
  ])('lists no input for %s', async (query, param, code) => {
    const { openai, url } = await start();
    const { id } = await openai.responses.create(ask);
    const response = await fetch(`${url}/${id}/input_items?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param, code } });
  });

  it('is not given as a stream', async () => {
    const { openai } = await start();
    const { id } = await openai.responses.create(ask);
    await expect(openai.responses.retrieve(id, { stream: true })).rejects.toMatchObject({
      status: 400,
      param: 'stream',
    });
    expect((await openai.responses.retrieve(id, { stream: false })).id).toBe(id);
  });

  it('is seen by the key that made it, and by no other', async () => {
    const { url } = await serve(new ScriptedConversation(hello), 'secret');
    const headers = { authorization: 'Bearer secret' };
    const made = await fetch(`${url}/v1/responses`, { method: 'POST', body: JSON.stringify(ask), headers });
    const { id } = Object(await made.json());
    expect((await fetch(`${url}/v1/responses/${id}`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/v1/responses/${id}`)).status).toBe(401);
  });
});

describe('a response that is not there', () => {
  it.each([
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/input_items'],
    ['POST', '/cancel'],
  ])('is a 404 in OpenAI’s words: %s %s', async (method, rest) => {
    const { url } = await start();
    const response = await fetch(`${url}/resp_x${rest}`, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        message: "Response with id 'resp_x' not found.",
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    });
  });

  it('is what store:false leaves behind, streamed or not', async () => {
    const { openai } = await start();
    const whole = await openai.responses.create({ ...ask, store: false });
    const streamed = await openai.responses.stream({ ...ask, store: false }).finalResponse();
    for (const { id, store } of [whole, streamed] as readonly { id: string; store?: boolean }[]) {
      expect(store).toBe(false);
      await expect(openai.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    }
  });

  it('is what a client that left leaves behind', async () => {
    const { conversation, openai, url } = await start([[say('a')]], true);
    const stream = await openai.responses.create({ ...ask, stream: true });
    let id = '';
    for await (const event of stream) {
      if (event.type === 'response.created') id = event.response.id;
      if (event.type === 'response.output_text.delta') break;
    }
    await eventually(() => expect(conversation.signals[0]?.aborted).toBe(true));
    expect((await fetch(`${url}/${id}`)).status).toBe(404);
  });
});

describe('POST /v1/responses/input_tokens', () => {
  it('estimates, without asking a model', async () => {
    const { conversation, openai } = await start();
    const few = await openai.responses.inputTokens.count({ model: 'm', input: 'x'.repeat(40) });
    expect(few).toEqual({ object: 'response.input_tokens', input_tokens: 10 });
    const tools = [{ type: 'function' as const, name: 'f', parameters: {}, strict: false }];
    const more = await openai.responses.inputTokens.count({
      input: 'x'.repeat(40),
      instructions: 'y',
      tools,
    });
    expect(more.input_tokens).toBeGreaterThan(few.input_tokens);
    expect(conversation.asked).toEqual([]);
  });
});

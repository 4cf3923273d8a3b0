/** What a chat's fields do to its answer, over the whole route. */
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../../src/core/event.js';
import { Fault } from '../../../../src/core/fault.js';
import type { Turns } from '../../../../src/core/port.js';
import { createOpenAISurface } from '../../../../src/http/openai/surface.js';
import { modelOf } from '../../../model.js';
import { pipelineTo } from '../../../turns/pipeline.js';
import { serveSurface } from '../../serve-surface.js';
import { readChunks } from '../frames.js';
import { type Batches, post, ScriptedConversation, serve } from '../scripted-bridge.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const think = (text: string): Event => ({ type: 'reasoning-delta', text });
const call = (id: string): Event => ({ type: 'tool-call', id, name: 'f', input: '{"a":1}' });
const fail = (fault: Fault): Event => ({ type: 'fault', fault });
const ask = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

async function chat(batches: Batches, fields: object, wrap: (inner: Turns) => Turns = (inner) => inner) {
  const conversation = new ScriptedConversation(batches);
  const url = await serveSurface({ create: createOpenAISurface, conversation, turns: wrap(conversation) });
  return post(`${url}/v1/chat/completions`, { ...ask, ...fields });
}

describe('reasoning', () => {
  const batches = [
    [think('h'), think('m')],
    [say('a'), stop],
  ];

  it.each([
    [{ include_reasoning: false }],
    [{ reasoning: { exclude: true } }],
    [{ reasoning: { enabled: false } }],
    [{ reasoning_effort: 'none' }],
    [{ chat_template_kwargs: { enable_thinking: false } }],
  ])('is hidden by %j', async (fields) => {
    const whole = await chat(batches, fields);
    expect(Object(await whole.json()).choices[0].message).toEqual({
      role: 'assistant',
      content: 'a',
      refusal: null,
    });
    const streamed = await chat(batches, { ...fields, stream: true });
    expect(await streamed.text()).not.toContain('reasoning');
  });

  it.each([[{}], [{ include_reasoning: true }], [{ reasoning: { exclude: null } }]])(
    'is shown under both of its names with %j',
    async (fields) => {
      const whole = await chat(batches, fields);
      expect(Object(await whole.json()).choices[0].message).toMatchObject({
        reasoning: 'hm',
        reasoning_content: 'hm',
      });
    },
  );

  it.each(['reasoning', 'reasoning_content', 'none'] as const)(
    'stands where the configuration puts it: %s',
    async (reasoningField) => {
      const conversation = new ScriptedConversation(batches);
      const url = await serveSurface({
        create: (context) =>
          createOpenAISurface({ ...context, settings: { ...context.settings, reasoningField } }),
        conversation,
      });
      const whole = await post(`${url}/v1/chat/completions`, ask);
      const { message } = Object(await whole.json()).choices[0];
      const keys = ['reasoning', 'reasoning_content'].filter((key) => key in message);
      expect(keys).toEqual(reasoningField === 'none' ? [] : [reasoningField]);
    },
  );

  it.each([
    ['in a batch of its own', (fault: Event) => [[think('hm')], [fault]]],
    ['in the batch of the fault', (fault: Event) => [[think('hm'), fault]]],
  ])('that is hidden does not commit a stream to 200: %s', async (_, toBatches) => {
    const failed = fail(new Fault('worker-error', 'no credit'));
    const response = await chat(toBatches(failed), { include_reasoning: false, stream: true });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { message: 'no credit' } });
  });
});

describe('functions of the older form', () => {
  const fields = { functions: [{ name: 'f', parameters: { type: 'object', properties: {} } }] };
  const batches = [[call('c1'), call('c2'), stop]];

  it('are called in the older form', async () => {
    const whole = await chat(batches, fields);
    expect(Object(await whole.json()).choices[0]).toMatchObject({
      message: { content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
      finish_reason: 'function_call',
    });
    const chunks = readChunks(await (await chat(batches, { ...fields, stream: true })).text());
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { function_call: { name: 'f', arguments: '{"a":1}' } },
      {},
    ]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('function_call');
  });

  it('are not the form of an answer to tools', async () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const whole = await chat(batches, { functions: [], tools });
    const [choice] = Object(await whole.json()).choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls' });
    expect(choice.message).not.toHaveProperty('function_call');
    expect(choice.message.tool_calls).toHaveLength(2);
  });
});

describe('an answer in a format', () => {
  const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
  const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } };

  it.each([false, true])('is that and nothing around it, stream: %s', async (stream) => {
    const batches = [[say('Sure! ```json\n{"a":'), say('1}\n``` There.'), stop]];
    const response = await chat(batches, { response_format, stream }, pipelineTo);
    const content = stream
      ? readChunks(await response.text())
          .map(({ choices }) => choices[0]?.delta.content ?? '')
          .join('')
      : Object(await response.json()).choices[0].message.content;
    expect(content).toBe('{"a":1}');
  });

  it.each([false, true])('that is none is an error, stream: %s', async (stream) => {
    const response = await chat([[say('no'), stop]], { response_format, stream }, pipelineTo);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({
      error: { type: 'server_error', code: 'upstream_error', param: 'response_format' },
    });
  });

  it.each([false, true])('needs a format that is one, stream: %s', async (stream) => {
    const wrong = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'integr' } } };
    const response = await chat([[stop]], { response_format: wrong, stream }, pipelineTo);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', param: 'response_format' },
    });
  });

  it('does not hide what else went wrong', async () => {
    const tooLong = new Fault('context-too-long', 'too long', { param: 'history' });
    const response = await chat([[fail(tooLong)]], { response_format }, pipelineTo);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'context_length_exceeded', param: 'messages' },
    });
    const lost = new Fault('model-not-found', 'not found', { param: 'm' });
    expect(await (await chat([[fail(lost)]], { response_format })).json()).toMatchObject({
      error: { code: 'model_not_found', param: 'model' },
    });
  });
});

describe('an image', () => {
  const messages = [
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
  ];

  class Blind extends ScriptedConversation {
    override models() {
      const [model = modelOf('m')] = super.models();
      return [{ ...model, card: { ...model.card, capabilities: ['completion', 'tools'] as const } }];
    }
  }

  it('is refused for a model that cannot see', async () => {
    const { url } = await serve(new Blind([[say('a'), stop]]));
    const response = await post(`${url}/v1/chat/completions`, { ...ask, messages });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: {
        message: "The model 'm' does not support images.",
        type: 'invalid_request_error',
        param: 'messages',
        code: 'unsupported_value',
      },
    });
    expect((await post(`${url}/v1/chat/completions`, ask)).status).toBe(200);
  });

  it('is passed on for all others, known or not', async () => {
    expect((await chat([[say('a'), stop]], { messages })).status).toBe(200);
    expect((await chat([[say('a'), stop]], { messages, model: 'unlisted' })).status).toBe(200);
  });
});

describe('a chat without /v1', () => {
  it('is the same chat, and errors are worded alike', async () => {
    const { url } = await serve(new ScriptedConversation([[say('a'), stop]]));
    expect((await post(`${url}/chat/completions`, ask)).status).toBe(200);
    expect((await post(`${url}/chat/completions/`, ask)).status).toBe(200);
    expect((await fetch(`${url}/models/org/name:7b`)).status).toBe(200);
    expect(await (await fetch(`${url}/chat/completions`)).json()).toMatchObject({
      error: { code: 'method_not_supported' },
    });
    expect(await (await fetch(`${url}/models/nope`)).json()).toMatchObject({
      error: { code: 'model_not_found' },
    });
    expect(await (await fetch(`${url}/chat/else`)).json()).toMatchObject({ error: { code: 'unknown_url' } });
  });
});

import { describe, expect, it } from 'vitest';
import type { Event } from '../../../../src/core/event.js';
import { Fault } from '../../../../src/core/fault.js';
import { eventually } from '../../../eventually.js';
import { readFrames } from '../frames.js';
import { post, ScriptedConversation, serve } from '../scripted-bridge.js';
import { SteeredConversation } from '../steered-conversation.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const think: Event = { type: 'reasoning-delta', text: 'hm' };
const fail = (fault: Fault): Event => ({ type: 'fault', fault });
const ask = { model: 'm', prompt: 'Once' };

async function complete(
  fields: object,
  conversation = new ScriptedConversation([[think, say(' upon'), stop]]),
) {
  const { url } = await serve(conversation);
  const response = await post(`${url}/v1/completions`, { ...ask, ...fields });
  return { response, conversation };
}

describe('POST /v1/completions', () => {
  it('answers with these keys and no others', async () => {
    const { response } = await complete({});
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      id: expect.stringMatching(/^cmpl-[A-Za-z0-9]{24,}$/),
      object: 'text_completion',
      created: expect.any(Number),
      model: 'm',
      choices: [{ text: ' upon', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: expect.objectContaining({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }),
      system_fingerprint: null,
    });
  });

  it.each([false, true])('flattens prompts and their answers, stream: %s', async (stream) => {
    const conversation = new SteeredConversation();
    const { url } = await serve(conversation);
    const body = { ...ask, prompt: ['a', 'b'], n: 2, echo: true, stream };
    const pending = post(`${url}/v1/completions`, body);
    await eventually(() => expect(conversation.turns).toHaveLength(4));
    for (const [index, turn] of [...conversation.turns.entries()].toReversed())
      turn.say(say(`${index}`), stop);
    const response = await pending;
    const texts = ['', '', '', ''];
    if (stream) {
      for (const frame of readFrames(await response.text()).slice(0, -1)) {
        const [choice] = Object(JSON.parse(frame)).choices;
        texts[choice.index] += choice.text;
      }
    } else {
      const { choices, usage: sum } = Object(await response.json());
      for (const { index, text } of choices) texts[index] = text;
      expect(sum).toMatchObject({ prompt_tokens: 12, completion_tokens: 8 });
    }
    expect(texts).toEqual(['a0', 'a1', 'b2', 'b3']);
  });

  it.each([false, true])('asks nobody for no tokens, stream: %s', async (stream) => {
    const { response, conversation } = await complete({ echo: true, max_tokens: 0, stream });
    const text = await response.text();
    const first = stream ? JSON.parse(readFrames(text)[0] ?? '') : JSON.parse(text);
    expect(first.choices[0]).toMatchObject({ text: 'Once', finish_reason: stream ? null : 'length' });
    if (!stream) expect(first.usage).toMatchObject({ prompt_tokens: 1, completion_tokens: 0 });
    expect(conversation.asked).toEqual([]);
    expect((await complete({ max_tokens: 0, model: 'nope' })).response.status).toBe(404);
  });

  it('streams text, the reason at the end, and [DONE]', async () => {
    const { response } = await complete({ stream: true, stream_options: { include_usage: true } });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const frames = readFrames(await response.text());
    expect(frames.at(-1)).toBe('[DONE]');
    const chunks = frames.slice(0, -1).map((frame) => JSON.parse(frame));
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, 'stop', undefined]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 5 } });
  });

  it.each([false, true])(
    'answers a fault with its status, even behind thoughts, stream: %s',
    async (stream) => {
      const tooLong = new Fault('context-too-long', 'too long');
      const { response } = await complete({ stream }, new ScriptedConversation([[think], [fail(tooLong)]]));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { code: 'context_length_exceeded', param: 'prompt' },
      });
    },
  );

  it('tells a later fault in-band', async () => {
    const failed = new Fault('worker-error', 'no credit');
    const { response } = await complete(
      { stream: true },
      new ScriptedConversation([[say('a')], [fail(failed)]]),
    );
    expect(response.status).toBe(200);
    expect(JSON.parse(readFrames(await response.text()).at(-1) ?? '')).toMatchObject({
      error: { message: 'no credit' },
    });
  });

  it.each([true, false])('stops all turns with the client, stream: %s', async (stream) => {
    const conversation = new SteeredConversation();
    const { openai } = await serve(conversation);
    const controller = new AbortController();
    const body = { model: 'm', prompt: ['a', 'b'], stream };
    const pending = openai.completions.create(body, { signal: controller.signal });
    pending.catch(() => undefined);
    await eventually(() => expect(conversation.turns).toHaveLength(2));
    conversation.turns[0]?.say(say('a'));
    if (stream) await pending;
    controller.abort();
    await eventually(() => expect(conversation.turns.every(({ signal }) => signal.aborted)).toBe(true));
  });

  it('is there without /v1 too', async () => {
    const { url } = await serve(new ScriptedConversation([[say('a'), stop]]));
    expect((await post(`${url}/completions`, ask)).status).toBe(200);
  });
});

import { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../../src/core/event.js';
import { Fault } from '../../../../src/core/fault.js';
import { eventually } from '../../../eventually.js';
import { readChunks, readFrames } from '../frames.js';
import { post, serve } from '../scripted-bridge.js';
import { SteeredConversation } from '../steered-conversation.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const fault: Event = { type: 'fault', fault: new Fault('worker-error', 'no credit') };
const ask = (fields: object) => ({
  model: 'm',
  messages: [{ role: 'user' as const, content: 'hi' }],
  ...fields,
});

/** A chat for `fields`, when all of its turns have begun. */
async function start(fields: { n: number; stream?: boolean; stream_options?: object }) {
  const conversation = new SteeredConversation();
  const { url, openai } = await serve(conversation);
  const controller = new AbortController();
  const response = fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(ask(fields)),
    signal: controller.signal,
  });
  response.catch(() => undefined);
  const { turns } = conversation;
  await eventually(() => expect(turns).toHaveLength(fields.n));
  return { url, openai, turns, response, leave: () => controller.abort() };
}

describe('several answers', () => {
  it('run at once, and are told in the order of their indexes', async () => {
    const { turns, response } = await start({ n: 3 });
    turns[2]?.say(say('c'), stop);
    turns[1]?.say(say('b'), { ...stop, reason: 'length' } as Event);
    turns[0]?.say(say('a'), stop);
    const answer = await response;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      choices: [
        { index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' },
        { index: 1, message: { role: 'assistant', content: 'b' }, finish_reason: 'length' },
        { index: 2, message: { role: 'assistant', content: 'c' }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 6, total_tokens: 15 },
    });
    expect(new Set(turns.map(({ request }) => request)).size).toBe(1);
  });

  it('are streamed as they come, index 0 first, and [DONE] once', async () => {
    const { turns, response } = await start({ n: 2, stream: true, stream_options: { include_usage: true } });
    turns[1]?.say(say('b'));
    const answer = await response;
    turns[0]?.say(say('a'), stop);
    turns[1]?.say(stop);
    const chunks = readChunks(await answer.text());
    expect(chunks.slice(0, 3).map(({ choices: [choice] }) => [choice?.index, choice?.delta])).toEqual([
      [0, { role: 'assistant', content: '' }],
      [1, { role: 'assistant', content: '' }],
      [1, { content: 'b' }],
    ]);
    const ends = chunks.flatMap(({ choices }) =>
      choices.filter(({ finish_reason }) => finish_reason !== null),
    );
    expect(ends.map(({ index }) => index).toSorted()).toEqual([0, 1]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 10 } });
  });

  it('satisfy the real client', async () => {
    const conversation = new SteeredConversation();
    const { openai } = await serve(conversation);
    const stream = openai.chat.completions.stream({ ...ask({}), n: 3 });
    const done = stream.finalChatCompletion();
    await eventually(() => expect(conversation.turns).toHaveLength(3));
    for (const [index, turn] of [...conversation.turns.entries()].toReversed())
      turn.say(say(`a${index}`), stop);
    expect((await done).choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'a0'],
      [1, 'a1'],
      [2, 'a2'],
    ]);
  });

  it.each([true, false])(
    'are no answer if one fails before anything was sent, stream: %s',
    async (stream) => {
      const { turns, response } = await start({ n: 3, stream });
      turns[0]?.say({ type: 'ready' });
      turns[1]?.say(fault);
      const answer = await response;
      expect(answer.status).toBe(502);
      expect(await answer.json()).toMatchObject({ error: { message: 'no credit', code: 'upstream_error' } });
      await eventually(() => expect(turns.every(({ signal }) => signal.aborted)).toBe(true));
    },
  );

  it('are broken off in-band if one fails later, and the others are cancelled', async () => {
    const { turns, response } = await start({ n: 2, stream: true });
    turns[0]?.say(say('a'));
    const answer = await response;
    turns[1]?.say(fault);
    const frames = readFrames(await answer.text());
    expect(answer.status).toBe(200);
    expect(JSON.parse(frames.at(-1) ?? '')).toEqual({
      error: { message: 'no credit', type: 'server_error', param: null, code: 'upstream_error' },
    });
    expect(frames.filter((frame) => frame.includes('"finish_reason":"'))).toEqual([]);
    expect(turns[0]?.signal.aborted).toBe(true);
  });

  it('throw in the real client when one fails', async () => {
    const conversation = new SteeredConversation();
    const { openai } = await serve(conversation);
    const reading = openai.chat.completions.stream({ ...ask({}), n: 2 }).finalChatCompletion();
    const outcome = reading.catch((error: unknown) => error);
    await eventually(() => expect(conversation.turns).toHaveLength(2));
    conversation.turns[0]?.say(say('a'));
    conversation.turns[1]?.say(fault);
    expect(await outcome).toBeInstanceOf(APIError);
  });

  it.each([true, false])('stop with the client, stream: %s', async (stream) => {
    const { turns, leave, response } = await start({ n: 4, stream });
    turns[0]?.say(say('a'));
    if (stream) await response;
    leave();
    await eventually(() =>
      expect(turns.map(({ signal }) => signal.aborted)).toEqual([true, true, true, true]),
    );
  });

  it('are as many as 128', async () => {
    const { turns, response } = await start({ n: 128 });
    for (const turn of turns) turn.say(stop);
    const { choices } = Object(await (await response).json());
    expect(choices).toHaveLength(128);
  });

  it.each([null, 1, undefined])('are one for n: %s', async (n) => {
    const conversation = new SteeredConversation();
    const { url } = await serve(conversation);
    const response = post(`${url}/v1/chat/completions`, ask({ n }));
    await eventually(() => expect(conversation.turns).toHaveLength(1));
    conversation.turns[0]?.say(stop);
    expect(Object(await (await response).json()).choices).toHaveLength(1);
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { withFrozenTimers } from '../frozen-timers.js';
import { parseStream } from '../front-door/world.js';
import type { ChatAnswer } from './fake-upstream.js';
import { chat, startUpstreamWorld } from './upstream-world.js';

describe('a turn of the upstream worker', () => {
  it('asks the upstream with what the client said, and streams what comes as it comes', async () => {
    const { upstream, post } = await startUpstreamWorld();
    const answers: ChatAnswer[] = [];
    upstream.onChat = (answer) => {
      answers.push(answer);
      answer.delta({ role: 'assistant', content: 'Hel' });
    };
    const response = await post('/v1/chat/completions', {
      ...chat('Hello?', { stream: true, stream_options: { include_usage: true } }),
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hello?' },
      ],
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('"Hel"')) text += (await reader?.read())?.value ?? '';
    // The first piece was read before the second was written.
    answers[0]?.delta({ content: 'lo!' }).finish('stop', {
      prompt_tokens: 12,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
    });
    for (let read = await reader?.read(); !read?.done; read = await reader?.read()) text += read?.value ?? '';
    expect(text).toContain('"lo!"');
    expect(parseStream(text).at(-1)).toMatchObject({
      usage: { prompt_tokens: 12, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4 } },
    });
    expect(upstream.chats.map(({ body }) => body)).toEqual([
      {
        model: 'llama3',
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'Hello?' },
        ],
        stream: true,
        stream_options: { include_usage: true },
      },
    ]);
  });

  it.each(['reasoning_content', 'reasoning'])('shows the reasoning in %s as thinking', async (field) => {
    const { upstream, url } = await startUpstreamWorld();
    upstream.onChat = (answer) =>
      answer
        .delta({ [field]: 'Let me ' })
        .delta({ [field]: 'see.' })
        .delta({ content: '42' })
        .finish('stop');
    const { message } = await new Ollama({ host: url }).chat({
      model: 'llama3',
      messages: [{ role: 'user', content: '?' }],
      think: true,
    });
    expect(message).toMatchObject({ thinking: 'Let me see.', content: '42' });
    expect(upstream.chats[0]?.body).toMatchObject({ reasoning_effort: 'medium' });
  });

  it('does not say reasoning twice that comes in both fields', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) =>
      answer.delta({ reasoning: 'Once.', reasoning_content: 'Once.' }).delta({ content: 'x' }).finish('stop');
    const answer = await (await post('/api/chat', chat('?', { stream: false, think: true }))).json();
    expect(answer).toMatchObject({ message: { thinking: 'Once.' } });
  });

  it('passes every knob on that was turned, under the name that servers know', async () => {
    const { upstream, post } = await startUpstreamWorld();
    const options = {
      ...{ temperature: 0.5, top_p: 0.25, top_k: 3, min_p: 0.125, num_predict: 7, seed: 11 },
      ...{ frequency_penalty: 0.5, presence_penalty: 1.5, repeat_penalty: 1.25, stop: ['END'] },
    };
    await (await post('/api/chat', chat('?', { stream: false, options }))).text();
    await (await post('/api/chat', chat('?', { stream: false, options: { num_predict: -1 } }))).text();
    const [first, second] = upstream.chats.map(({ body }) => body);
    expect(first).toEqual({
      ...{ model: 'llama3', messages: [{ role: 'user', content: '?' }], stream: true },
      stream_options: { include_usage: true },
      ...{ temperature: 0.5, top_p: 0.25, top_k: 3, min_p: 0.125, max_tokens: 7, seed: 11, stop: ['END'] },
      ...{ frequency_penalty: 0.5, presence_penalty: 1.5, repetition_penalty: 1.25, repeat_penalty: 1.25 },
    });
    expect(second).not.toHaveProperty('max_tokens');
  });

  it('sends images along, with the text that they belong to', async () => {
    const { upstream, post } = await startUpstreamWorld();
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const messages = [{ role: 'user', content: 'What is it?', images: [png] }];
    await (await post('/api/chat', { model: 'llama3', stream: false, messages })).text();
    expect(upstream.chats[0]?.body?.['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
        ],
      },
    ]);
  });

  it('ends as the upstream ended', async () => {
    const { upstream, post } = await startUpstreamWorld();
    upstream.onChat = (answer) => answer.delta({ content: 'cut' }).finish('length');
    const answer = await (await post('/api/chat', chat('?', { stream: false }))).json();
    expect(answer).toMatchObject({ message: { content: 'cut' }, done_reason: 'length' });
    upstream.onChat = (answer) => answer.delta({ content: 'no' }).finish('content_filter');
    const filtered = await (await post('/v1/chat/completions', chat('?'))).json();
    expect(filtered).toMatchObject({ choices: [{ finish_reason: 'content_filter' }] });
  });

  it('estimates the tokens that the upstream does not count', async () => {
    const { post } = await startUpstreamWorld();
    const answer = await (await post('/v1/chat/completions', chat('four words of text'))).json();
    expect(answer).toMatchObject({ usage: { prompt_tokens: 5, completion_tokens: 1 } });
  });

  it('joins a burst of pieces into few tones, and loses nothing of it', async () => {
    const { upstream, post, said } = await startUpstreamWorld();
    const words = Array.from({ length: 5_000 }, (_, index) => `w${index} `);
    upstream.onChat = (answer) => {
      answer.response.cork();
      for (const content of words) answer.delta({ content });
      answer.finish('stop');
      answer.response.uncork();
    };
    const answer = await (await post('/v1/chat/completions', chat('?'))).json();
    expect(answer).toMatchObject({ choices: [{ message: { content: words.join('') } }] });
    expect(said.length).toBeLessThan(1_000);
  });

  it('ends at the upstream when the client leaves, at once', async () => {
    const { upstream, post, bee } = await startUpstreamWorld();
    const answers: ChatAnswer[] = [];
    upstream.onChat = (answer) => answers.push(answer.delta({ content: 'first' }));
    const controller = new AbortController();
    const response = await post('/api/chat', chat('?'), controller.signal);
    await response.body?.getReader().read();
    await withFrozenTimers(async () => {
      controller.abort();
      await answers[0]?.left;
    });
    await eventually(() => expect(bee.cells).toBe(0));
  });

  it('ends at the upstream when the client leaves before anything has come', async () => {
    const { upstream, post } = await startUpstreamWorld();
    const answers: ChatAnswer[] = [];
    upstream.onChat = (answer) => answers.push(answer);
    const controller = new AbortController();
    const response = post('/api/chat', chat('?'), controller.signal).catch(() => undefined);
    await eventually(() => expect(answers).toHaveLength(1));
    controller.abort();
    await answers[0]?.left;
    await response;
  });

  it('is one of a hundred that run side by side, each with its own answer', async () => {
    const { upstream, url } = await startUpstreamWorld();
    let most = 0;
    let open = 0;
    upstream.onChat = async (answer) => {
      most = Math.max(most, ++open);
      const messages: unknown = answer.request.body?.['messages'];
      const [{ content }] = Array.isArray(messages) ? messages : [];
      // All are kept open until the last has come.
      while (most < 100) await delay(5);
      for (const piece of String(content).split('')) answer.delta({ content: piece });
      answer.finish('stop');
    };
    const ollama = new Ollama({ host: url });
    const questions = Array.from({ length: 100 }, (_, index) => `question ${index}`);
    const answers = await Promise.all(
      questions.map((content) => ollama.chat({ model: 'llama3', messages: [{ role: 'user', content }] })),
    );
    expect(answers.map(({ message }) => message.content)).toEqual(questions);
  });

  it('is refused where the worker has as many as it may', async () => {
    const { upstream, post } = await startUpstreamWorld({ limits: { maxCells: 1 } });
    const answers: ChatAnswer[] = [];
    upstream.onChat = (answer) => answers.push(answer);
    const first = post('/api/chat', chat('?', { stream: false }));
    await eventually(() => expect(answers).toHaveLength(1));
    const second = await post('/api/chat', chat('?', { stream: false }));
    expect([second.status, await second.json()]).toEqual([
      502,
      { error: 'the worker is busy: it works on 1 prompts already' },
    ]);
    answers[0]?.delta({ content: 'done' }).finish('stop');
    expect(await (await first).json()).toMatchObject({ message: { content: 'done' } });
    expect(upstream.chats).toHaveLength(1);
  });
});

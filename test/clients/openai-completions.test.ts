import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const model = 'claude-sonnet-4';

async function start() {
  const bridge = await startEmbeddedBridge();
  return { bridge, openai: new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any', maxRetries: 0 }) };
}

describe('npm openai: completions', () => {
  it('come whole', async () => {
    const { openai } = await start();
    const answer = await openai.completions.create({ model, prompt: 'Once upon a time' });
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^cmpl-/),
      object: 'text_completion',
      choices: [{ index: 0, text: 'Once upon a time', finish_reason: 'stop', logprobs: null }],
    });
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('come for several prompts, several times each, behind their prompts', async () => {
    const { openai } = await start();
    const answer = await openai.completions.create({ model, prompt: ['a', 'b'], n: 2, echo: true });
    expect(answer.choices.map(({ index, text }) => [index, text])).toEqual([
      [0, 'aa'],
      [1, 'aa'],
      [2, 'bb'],
      [3, 'bb'],
    ]);
  });

  it('come streamed', async () => {
    const { openai } = await start();
    const prompt = script({ reason: ['hm'], say: ['Hel', 'lo'] });
    const stream = await openai.completions.create({
      model,
      prompt,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe('Hello');
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, 'stop', undefined]);
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 14, completion_tokens: 7 });
  });

  it('fill in what belongs in front of a suffix', async () => {
    const { openai } = await start();
    const answer = await openai.completions.create({ model, prompt: 'def f():', suffix: 'f()' });
    expect(answer.choices[0]?.text).toBe('<before>def f():</before>\n<after>f()</after>');
  });

  it('heed stop and max_tokens', async () => {
    const { openai } = await start();
    const stopped = await openai.completions.create({
      model,
      prompt: script({ say: ['one\n', 'two'] }),
      stop: '\n',
    });
    expect(stopped.choices[0]).toMatchObject({ text: 'one', finish_reason: 'stop' });
    const cut = await openai.completions.create({ model, prompt: 'one two three', max_tokens: 1 });
    expect(cut.choices[0]).toMatchObject({ text: 'one', finish_reason: 'length' });
    const nothing = await openai.completions.create({ model, prompt: 'one', max_tokens: 0, echo: true });
    expect(nothing.choices[0]).toMatchObject({ text: 'one', finish_reason: 'length' });
  });

  it('are refused in the classes of the client', async () => {
    const { openai } = await start();
    const tokens = openai.completions.create({ model, prompt: [1, 2, 3] });
    await expect(tokens).rejects.toBeInstanceOf(BadRequestError);
    await expect(tokens).rejects.toMatchObject({ param: 'prompt' });
    await expect(openai.completions.create({ model: 'nope', prompt: 'a' })).rejects.toBeInstanceOf(
      NotFoundError,
    );
  });

  it('stop when the client aborts', async () => {
    const { bridge, openai } = await start();
    const prompt = script({ n: 10_000, ms: 5 });
    const stream = await openai.completions.create({ model, prompt: [prompt, prompt], stream: true });
    await eventually(() => expect(bridge.nest.runningTurns).toBe(2));
    stream.controller.abort();
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });
});

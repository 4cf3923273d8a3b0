import { type ChatResponse, Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { script, startEmbeddedBridge } from './embedded-bridge.js';

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'where' } },
      required: ['city'],
    },
  },
};

async function start() {
  const bridge = await startEmbeddedBridge();
  return { bridge, ollama: new Ollama({ host: bridge.url }) };
}

const ask = (content: string) => ({ model: 'claude-sonnet-4', messages: [{ role: 'user', content }] });

function expectTimings(last: ChatResponse | undefined): void {
  for (const key of ['total_duration', 'load_duration', 'prompt_eval_duration', 'eval_duration'] as const) {
    expect(last?.[key]).toSatisfy((value) => Number.isSafeInteger(value) && value > 0);
  }
}

describe('npm ollama', () => {
  it('chats, whole', async () => {
    const { ollama } = await start();
    const answer = await ollama.chat(ask('Why is the sky blue?'));
    expect(answer.message).toEqual({ role: 'assistant', content: 'Why is the sky blue?' });
    expect(answer).toMatchObject({ model: 'claude-sonnet-4', done: true, done_reason: 'stop' });
    expectTimings(answer);
  });

  it('chats, streamed: one kind a line, the counts on the last line only', async () => {
    const { ollama } = await start();
    const steps = { reason: ['Let me ', 'think.'], say: ['The answer ', 'is 4.'] };
    const lines: ChatResponse[] = [];
    for await (const line of await ollama.chat({ ...ask(script(steps)), stream: true })) lines.push(line);
    expect(lines.map((line) => line.message.thinking ?? '').join('')).toBe('Let me think.');
    expect(lines.map((line) => line.message.content).join('')).toBe('The answer is 4.');
    expect(lines.filter((line) => line.done)).toEqual([lines.at(-1)]);
    expect(lines.at(-1)).toMatchObject({ done_reason: 'stop', prompt_eval_count: 14, eval_count: 7 });
    expect(lines.slice(0, -1).filter((line) => 'eval_count' in line)).toEqual([]);
    expectTimings(lines.at(-1));
  });

  it('generates, whole and streamed', async () => {
    const { ollama } = await start();
    const request = { model: 'claude-sonnet-4', prompt: 'Hello there', system: 'be brief' };
    const whole = await ollama.generate(request);
    expect(whole).toMatchObject({ response: 'Hello there', done: true, done_reason: 'stop' });
    let text = '';
    for await (const line of await ollama.generate({ ...request, stream: true })) text += line.response;
    expect(text).toBe('Hello there');
  });

  it('is given tool calls as objects and sends their results back', async () => {
    const { ollama } = await start();
    const question = {
      role: 'user',
      content: script({ tools: [{ name: 'get_weather', args: { city: 'Paris' } }] }),
    };
    const request = { model: 'claude-sonnet-4', messages: [question], tools: [weather] };
    const { message } = await ollama.chat(request);
    expect(message.tool_calls).toMatchObject([
      { function: { name: 'get_weather', arguments: { city: 'Paris' } } },
    ]);
    const next = [question, message, { role: 'tool', content: '21C', tool_name: 'get_weather' }];
    const answer = await ollama.chat({ ...request, messages: next });
    expect(answer.message.content).toBe('21C');
  });

  it('lists the models with a tag, and chats with the tagged name', async () => {
    const { ollama } = await start();
    const { models } = await ollama.list();
    expect(models.map(({ name, model }) => [name, model])).toEqual(
      expect.arrayContaining([
        ['claude-sonnet-4:latest', 'claude-sonnet-4:latest'],
        ['echo:latest', 'echo:latest'],
      ]),
    );
    const answer = await ollama.chat({ ...ask('hi'), model: 'Claude-Sonnet-4:latest' });
    expect(answer.model).toBe('Claude-Sonnet-4:latest');
  });

  it('shows what went wrong in the words of Ollama', async () => {
    const { ollama } = await start();
    await expect(ollama.chat({ ...ask('hi'), model: 'nope' })).rejects.toMatchObject({
      status_code: 404,
      message: "model 'nope' not found",
    });
    const error = { message: 'credit balance is too low', code: 'worker_error' };
    await expect(ollama.chat(ask(script({ error })))).rejects.toMatchObject({
      status_code: 502,
      message: 'credit balance is too low',
    });
    const stream = await ollama.chat({
      ...ask(script({ say: ['a', 'b'], errorAfter: 1, ms: 50, error })),
      stream: true,
    });
    const texts: string[] = [];
    const reading = (async () => {
      for await (const line of stream) texts.push(line.message.content);
    })();
    await expect(reading).rejects.toThrow('credit balance is too low');
    expect(texts).toEqual(['a']);
  });

  it('stops the worker when it aborts', async () => {
    const { bridge, ollama } = await start();
    const stream = await ollama.chat({ ...ask(script({ n: 10_000, ms: 5 })), stream: true });
    await expect(
      (async () => {
        for await (const line of stream) if (line.message.content === 't3 ') ollama.abort();
      })(),
    ).rejects.toThrow('abort');
    await eventually(() => expect(bridge.nest.openSids).toBe(0));
  });
});

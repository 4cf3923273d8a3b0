import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { script } from '../front-door/world.js';
import { type BridgeSettings, startTestBridge } from '../running-bridge.js';
import { ask, verdictOf } from './ask.js';
import { type HumdOptions, startHumd } from './humd.js';

const chat = (content: string) => ({
  model: 'claude-sonnet-4',
  messages: [{ role: 'user' as const, content }],
});

/** OpenAI's client with its default retries, and the prompts that arrive at the daemon. */
async function startClient(env: BridgeSettings['env'] = {}, options: HumdOptions = {}) {
  const humd = await startHumd(options);
  const bridge = await startTestBridge({ place: humd.place, env });
  const openai = new OpenAI({ baseURL: `${bridge.url}/v1`, apiKey: 'any' });
  return { humd, bridge, openai };
}

describe("nothing is run twice by an SDK's own retries", () => {
  it.each([
    [
      'the worker fails',
      script({ error: { message: 'credit balance is too low', code: 'worker_error' } }),
      502,
    ],
    ['the budget is used up', script({ error: { message: 'no more', code: 'budget' } }), 429],
    ['the worker wants to be paid', script({ error: { message: 'pay', code: 402 } }), 402],
    ['the worker falls silent', script({ hang: true }), 504],
    ['the worker dies', script({ die: true }), 502],
  ])('when %s', async (_, content, status) => {
    const { humd, openai } = await startClient({ OLLAMA_SERVER_TURN_TIMEOUT_MS: '900' });
    await expect(openai.chat.completions.create(chat(content))).rejects.toMatchObject({ status });
    expect(humd.sentOf('prompt')).toHaveLength(1);
  });

  it('when the link breaks', async () => {
    const { humd, openai } = await startClient();
    const answer = openai.chat.completions.create(chat(script({ hang: true })));
    const failure = expect(answer).rejects.toMatchObject({ status: 502 });
    await eventually(() => expect(humd.daemon().openSids()).toHaveLength(1));
    humd.daemon().disconnectAll();
    await failure;
    expect(humd.sentOf('prompt')).toHaveLength(1);
  });

  it('when the bridge stops in the middle of a turn: 503, but not to be repeated', async () => {
    const { humd, bridge } = await startClient();
    const answer = ask(bridge.url, script({ hang: true }), { path: '/v1/chat/completions' });
    await eventually(() => expect(humd.daemon().openSids()).toHaveLength(1));
    await bridge.close();
    expect(verdictOf(await answer)).toEqual([503, null, 'false']);
  });

  it('when the prompt was echoed and nothing more came of it', async () => {
    const { humd, openai } = await startClient({ OLLAMA_SERVER_TURN_TIMEOUT_MS: '300' });
    await expect(openai.chat.completions.create(chat(script({ silent: true })))).rejects.toMatchObject({
      status: 504,
    });
    expect(humd.sentOf('prompt')).toHaveLength(1);
  });

  it('when one of several answers fails after another one has begun', async () => {
    const { humd, openai } = await startClient({ OLLAMA_SERVER_TURN_TIMEOUT_MS: '300' });
    const answer = openai.chat.completions.create({ ...chat(script({ hang: true })), n: 3 });
    await expect(answer).rejects.toMatchObject({ status: 504 });
    expect(humd.sentOf('prompt')).toHaveLength(3);
  });

  it('when nobody offers what was asked for: 501', async () => {
    const { bridge, openai } = await startClient();
    await expect(openai.embeddings.create({ model: 'claude-sonnet-4', input: 'x' })).rejects.toMatchObject({
      status: 501,
    });
    const body = JSON.stringify({ model: 'claude-sonnet-4', input: 'x' });
    for (const path of ['/v1/embeddings', '/api/embed']) {
      const response = await fetch(bridge.url + path, { method: 'POST', body });
      expect([path, ...verdictOf(response)]).toEqual([path, 501, null, 'false']);
    }
    const made = await fetch(`${bridge.url}/api/create`, {
      method: 'POST',
      body: JSON.stringify({ model: 'mine', from: 'claude-sonnet-4' }),
    });
    expect(verdictOf(made)).toEqual([501, null, 'false']);
  });
});

describe('what was not run is repeated', () => {
  it('by the SDK itself, once humd is back: 503 with Retry-After', async () => {
    const { humd, bridge, openai } = await startClient({ OLLAMA_SERVER_READY_TIMEOUT_MS: '50' });
    await humd.stop();
    await eventually(() => expect(bridge.nest.link()).toBe('down'));
    expect(verdictOf(await ask(bridge.url, 'hi'))).toEqual([503, '1', null]);
    const answer = openai.chat.completions.create(chat('third time lucky'));
    await eventually(() => expect(bridge.nest.sockets()[0]?.state).not.toBe('closed'));
    await humd.start();
    expect((await answer).choices[0]?.message.content).toBe('third time lucky');
    expect(humd.sentOf('prompt')).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { modelOf } from '../../model.js';
import { whenAborted } from '../when-aborted.js';
import { linesOf, post } from './ask-server.js';
import { FixedClock } from './fixed-clock.js';
import { PS } from './golden.js';
import { finish, hello, saying, startServer } from './scripted-server.js';

const messages = [{ role: 'user', content: 'hi' }];
const models = [modelOf('m'), modelOf('n:7b'), modelOf('short', { target: 'm', listed: false })];

async function start() {
  const clock = new FixedClock();
  const callTool = async () => ({ embeddings: [[1]] });
  const server = await startServer(() => saying(hello, [finish]), { clock, models, callTool });
  return {
    clock,
    url: server.url,
    async ask(path: string, body: object): Promise<void> {
      await (await post(`${server.url}/api/${path}`, body)).text();
    },
    /** Name and time of day. */
    async ps(): Promise<unknown> {
      const { models: loaded } = JSON.parse(await (await fetch(`${server.url}/api/ps`)).text());
      return loaded.map((model: Record<string, unknown>) => [
        model['name'],
        String(model['expires_at']).slice(11, 19),
      ]);
    },
  };
}

describe('/api/ps', () => {
  it('shows a model that was asked for, with every key that clients need', async () => {
    const { url, ask } = await start();
    await ask('chat', { model: 'm', messages });
    const response = await fetch(`${url}/api/ps`);
    expect(await response.text()).toBe(PS);
  });

  it.each([
    ['chat', { messages }],
    ['chat', { messages, stream: false }],
    ['chat', {}],
    ['generate', { prompt: 'hi' }],
    ['generate', {}],
    ['embed', { input: 'a' }],
    ['embed', {}],
    ['embeddings', { prompt: 'a' }],
  ])('follows keep_alive of /api/%s %j', async (path, body) => {
    const { clock, ask, ps } = await start();
    await ask(path, { ...body, model: 'short' });
    expect(await ps()).toEqual([['m:latest', '10:05:00']]);
    await ask(path, { ...body, model: 'M:latest', keep_alive: '1h' });
    expect(await ps()).toEqual([['m:latest', '11:00:00']]);
    clock.pass(600_000);
    await ask(path, { ...body, model: 'n:7b', keep_alive: 90 });
    expect(await ps()).toEqual([
      ['m:latest', '11:00:00'],
      ['n:7b', '10:11:30'],
    ]);
    clock.pass(90_000);
    expect(await ps()).toEqual([['m:latest', '11:00:00']]);
    await ask(path, { ...body, model: 'm', keep_alive: 0 });
    expect(await ps()).toEqual([]);
  });

  it('shows one that stays forever in the year 2318', async () => {
    const { url, ask } = await start();
    await ask('generate', { model: 'm', keep_alive: -1 });
    expect(await (await fetch(`${url}/api/ps`)).text()).toContain('"expires_at":"2318-');
  });

  it('shows a model while it answers', async () => {
    const server = await startServer(async function* (_request, signal) {
      yield hello;
      await whenAborted(signal);
    });
    const controller = new AbortController();
    const body = JSON.stringify({ model: 'm', messages, keep_alive: 0 });
    await fetch(`${server.url}/api/chat`, { method: 'POST', body, signal: controller.signal });
    const ps = await fetch(`${server.url}/api/ps`);
    expect(await ps.json()).toMatchObject({ models: [{ name: 'm:latest' }] });
    controller.abort();
  });

  it('shows nothing of what was refused or not found', async () => {
    const { ask, ps } = await start();
    await ask('chat', { model: 'm', messages, options: { temperature: 'x' } });
    await ask('generate', { model: 'm', suffix: 'x' });
    await ask('generate', { model: 'nope', prompt: 'x' });
    expect(await ps()).toEqual([]);
  });

  it('counts a model as loaded that was loaded by a request that streams', async () => {
    const { url, ps } = await start();
    expect(await linesOf(await post(`${url}/api/generate`, { model: 'm', prompt: 'x' }))).toHaveLength(2);
    expect(await ps()).toEqual([['m:latest', '10:05:00']]);
  });
});

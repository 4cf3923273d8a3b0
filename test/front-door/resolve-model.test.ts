/** Which model a request means is found once, at the door; all that follows goes by that. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startEchoWorker } from '../../src/daemon/echo/worker.js';
import { LiveCatalogue } from '../../src/run/live-catalogue.js';
import { Nest } from '../../src/thrum/nest.js';
import { eventually } from '../eventually.js';
import { chat, startWorld, type World } from './world.js';

const ROUTES = [
  ['/api/chat', chat('hi', { stream: false })],
  ['/api/generate', { model: 'claude-sonnet-4', prompt: 'hi', stream: false }],
  ['/v1/chat/completions', chat('hi')],
  ['/v1/chat/completions', chat('hi', { n: 3 })],
  ['/v1/completions', { model: 'claude-sonnet-4', prompt: 'hi' }],
  ['/v1/responses', { model: 'claude-sonnet-4', input: 'hi' }],
  ['/v1/messages', chat('hi', { max_tokens: 9 })],
] as const;

/** What the journal says of the turns so far. */
async function outcomes(world: World) {
  const { turns } = world.bridge.status();
  return turns.byOutcome;
}

describe('the model of a request', () => {
  it.each(ROUTES)('is looked up once: %s %j', async (path, body) => {
    const world = await startWorld();
    const looks = vi.spyOn(LiveCatalogue.prototype, 'modelCalled');
    const lists = vi.spyOn(Nest.prototype, 'models');
    onTestFinished(() => void vi.restoreAllMocks());
    expect((await world.post(path, body)).status).toBe(200);
    expect(looks).toHaveBeenCalledTimes(1);
    expect(lists).not.toHaveBeenCalled();
  });

  it('goes out under the name that humd knows it by, whatever the client called it', async () => {
    const world = await startWorld({ config: { models: [{ name: 'claude-sonnet-4', alias: ['gpt-4o'] }] } });
    for (const model of ['gpt-4o', 'GPT-4o:latest', 'library/gpt-4o', 'sonnet', 'Claude-Sonnet-4'])
      expect((await world.post('/api/chat', chat('hi', { model, stream: false }))).status).toBe(200);
    expect(world.sentOf('prompt').map((tone) => tone['modelId'])).toEqual(Array(5).fill('claude-sonnet-4'));
  });

  it('may have come a moment ago: a name that misses is looked up in the roster as it is now', async () => {
    const world = await startWorld({ config: { rosterTtlMs: 3_600_000 } });
    await (await world.post('/api/chat', chat('hi', { stream: false }))).text();
    const { socketPath } = world.daemon();
    const worker = await startEchoWorker({ socketPath, models: ['brand-new'] });
    onTestFinished(() => worker.close());
    for (const model of ['library/brand-new:latest', 'Brand-New'])
      expect((await world.post('/api/chat', chat('hi', { model, stream: false }))).status).toBe(200);
    expect(world.sentOf('prompt').at(-1)).toMatchObject({ modelId: 'brand-new' });
  });

  it('is a turn that failed where nobody serves it, on every surface', async () => {
    const world = await startWorld();
    for (const [path, body] of ROUTES) {
      const response = await world.post(path, { ...body, model: 'nobody' });
      expect([path, response.status]).toEqual([path, 404]);
    }
    expect(world.sentOf('prompt')).toEqual([]);
    await eventually(async () => expect(await outcomes(world)).toEqual({ 'model-not-found': 9 }));
  });
});

describe('while the link is down', () => {
  it('a name that is not configured waits for the link, as a turn does', async () => {
    const world = await startWorld({ config: { models: [], readyTimeoutMs: 60_000 } });
    await world.stopDaemon();
    await eventually(() => expect(world.bridge.nest.link()).toBe('down'));
    const answer = world.post('/api/chat', chat('hi', { stream: false }));
    await world.startDaemon();
    expect((await answer).status).toBe(200);
  });

  it('it is a 503 where the link does not come back in time', async () => {
    const world = await startWorld({ config: { models: [], readyTimeoutMs: 100 } });
    await world.stopDaemon();
    await eventually(() => expect(world.bridge.nest.link()).toBe('down'));
    for (const [path, body] of ROUTES) expect((await world.post(path, body)).status).toBe(503);
    expect(await outcomes(world)).toEqual({ 'link-down': 9 });
  });

  it('a short name is not taken for what it stood for, and its model is judged when that is known', async () => {
    const blind = { name: 'claude-sonnet-4', alias: [], capabilities: ['completion' as const] };
    const other = { name: 'old-sonnet', alias: [] };
    const world = await startWorld({ config: { models: [other, blind], readyTimeoutMs: 60_000 } });
    await world.stopDaemon();
    await eventually(() => expect(world.bridge.nest.link()).toBe('down'));
    const content = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }];
    const answer = world.post('/v1/chat/completions', {
      model: 'sonnet',
      messages: [{ role: 'user', content }],
    });
    await world.startDaemon();
    expect((await answer).status).toBe(400);
  });
});

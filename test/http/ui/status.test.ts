import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { BridgeStatus, LiveTurnStatus } from '../../../src/observe/status.js';
import { eventually } from '../../eventually.js';
import { chat, script, startWorld, type World } from '../../front-door/world.js';

async function statusOf(world: World, headers: Record<string, string> = {}): Promise<BridgeStatus> {
  const answer = await fetch(`${world.url}/ui/api/status`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const status: BridgeStatus = Object(await answer.json());
  return status;
}

describe('GET /ui/api/status', () => {
  it('says who is there, how the link is and which models there are', async () => {
    const beforeStart = Date.now();
    const world = await startWorld({ config: { models: [{ name: 'claude-sonnet-4', alias: ['son'] }] } });
    const afterStart = Date.now();
    const status = await statusOf(world);
    expect(status).toMatchObject({
      version: '0.0.0-test',
      kind: 'ollama-server',
      hid: 'fbee_test',
      processes: [{ pid: process.pid }],
      link: { state: 'up', sockets: [{ number: 1, state: 'up' }], reconnects: 0, cancels: 0 },
      sessions: { open: 0, running: 0, parked: 0, waiting: 0, kept: 0 },
      turns: { total: 0, byOutcome: {} },
      tokensPerSecond: 0,
      bufferedBytes: 0,
      conversations: [],
      live: [],
      recentFaults: [],
    });
    expect(Date.parse(status.startedAt)).toBeGreaterThanOrEqual(beforeStart);
    expect(Date.parse(status.startedAt)).toBeLessThanOrEqual(afterStart);
    expect(status.memory.rssBytes).toBeGreaterThan(10_000_000);
    const served = { workers: [{ name: 'echo', statefulness: 'stateless_per_call' }], service: 'live' };
    expect(status.models).toEqual([
      { id: 'claude-sonnet-4', target: 'claude-sonnet-4', listed: true, source: 'config', ...served },
      { id: 'echo', target: 'echo', listed: true, source: 'mesh', ...served },
      { id: 'son', target: 'claude-sonnet-4', listed: true, source: 'alias', ...served },
      { id: 'sonnet', target: 'claude-sonnet-4', listed: false, source: 'short', ...served },
    ]);
  });

  it('shows a turn while it runs, and counts it when it has ended', async () => {
    const world = await startWorld();
    const controller = new AbortController();
    const answer = await world.post('/api/chat', chat(script({ n: 500, ms: 10 })), controller.signal);
    let live: LiveTurnStatus | undefined;
    await eventually(async () => {
      [live] = (await statusOf(world)).live;
      expect(live?.tokens).toBeGreaterThan(2);
    });
    expect(live).toMatchObject({
      requestId: answer.headers.get('x-request-id'),
      sid: world.sentOf('prompt')[0]?.sid,
      surface: 'ollama',
      model: 'claude-sonnet-4',
      state: 'answering',
    });
    expect(live?.firstMs).toBeGreaterThanOrEqual(0);
    const running = await statusOf(world);
    expect(running.sessions).toMatchObject({ open: 1, running: 1 });
    expect(running.tokensPerSecond).toBeGreaterThan(0);
    controller.abort();
    await eventually(async () => {
      const status = await statusOf(world);
      expect(status.live).toEqual([]);
      expect(status.turns).toEqual({ total: 1, byOutcome: { left: 1 } });
      expect(status.link.cancels).toBe(1);
    });
    await (await world.post('/api/chat', chat('Why?'))).text();
    const failing = script({ error: { message: 'out of credit' } });
    await (await world.post('/api/chat', chat(failing, { stream: false }))).text();
    const { history } = await statusOf(world);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    expect(history.stepSeconds).toBe(5);
    expect([history.ended, history.failed, history.firsts].map(sum)).toEqual([3, 1, 3]);
    expect(sum(history.tokens)).toBeGreaterThan(3);
    expect(Math.max(...history.firstMsMax)).toBeLessThanOrEqual(sum(history.firstMsSum));
  });

  it('shows the last faults, each once, with what can be done about it', async () => {
    const world = await startWorld();
    await world.post('/api/chat', chat(script({ error: { message: 'out of credit' } }), { stream: false }));
    await world.post('/v1/chat/completions', '{');
    await world.post('/v1/nothing', {});
    const { recentFaults, turns } = await statusOf(world);
    expect(recentFaults.map(({ surface, model, code, message }) => [surface, model, code, message])).toEqual([
      ['openai', null, 'not-found', 'Invalid URL (POST /v1/nothing)'],
      ['openai', null, 'bad-request', expect.any(String)],
      ['ollama', 'claude-sonnet-4', 'worker-error', expect.stringContaining('out of credit')],
    ]);
    for (const { remedy } of recentFaults) expect(remedy).toMatch(/^[A-Z].*\.$/);
    expect(turns).toEqual({ total: 1, byOutcome: { 'worker-error': 1 } });
  });

  it('says that the link is down, and knows no workers then', async () => {
    const world = await startWorld();
    await world.stopDaemon();
    await eventually(async () => {
      const { link, models } = await statusOf(world);
      expect(link).toMatchObject({ state: 'down', reconnects: 1 });
      expect(models.find(({ id }) => id === 'claude-sonnet-4-6')).toMatchObject({
        workers: null,
        service: null,
      });
    });
  });

  it('is for callers on this machine, or with a key', async () => {
    const open = await startWorld();
    const forwarded = await fetch(`${open.url}/ui/api/status`, {
      headers: { 'x-forwarded-for': '10.0.0.1' },
    });
    expect(forwarded.status).toBe(403);
    expect(await forwarded.json()).toEqual({
      error: { code: 'forbidden', message: expect.stringContaining('API key') },
    });
    const locked = await startWorld({ config: { apiKey: 'k' } });
    expect((await fetch(`${locked.url}/ui/api/status`)).status).toBe(401);
    const headers = { authorization: 'Bearer k', 'x-forwarded-for': '10.0.0.1' };
    expect((await statusOf(locked, headers)).link.state).toBe('up');
  });

  const others = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
  );
  it.skipIf(others.length === 0)('is not for other machines without a key', async () => {
    const world = await startWorld({ config: { host: '0.0.0.0' } });
    const url = world.url.replace('0.0.0.0', others[0] ?? '');
    expect((await fetch(`${url}/api/version`)).status).toBe(200);
    expect((await fetch(`${url}/ui/api/status`)).status).toBe(403);
    expect((await fetch(`${world.url}/ui/api/status`)).status).toBe(200);
  });

  it('does not count as a request of its caller', async () => {
    const world = await startWorld({ config: { requestsPerMinute: 1 } });
    for (let asked = 0; asked < 3; asked++) await statusOf(world);
    expect((await fetch(`${world.url}/api/version`)).status).toBe(200);
    expect((await fetch(`${world.url}/api/version`)).status).toBe(429);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { chat, script, startWorld, type World } from '../front-door/world.js';

/** Names and labels with their values, as they stand in the text. */
async function scrape(world: World): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${world.url}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

const ask = async (world: World, path: string, body: unknown) => (await world.post(path, body)).text();

describe('GET /metrics', () => {
  it('counts turns by surface, model and outcome, and their tokens', async () => {
    const world = await startWorld();
    await ask(world, '/api/chat', chat(script({ say: ['a', 'b'] })));
    await ask(world, '/api/chat', chat('Hi', { model: 'sonnet', stream: false }));
    await ask(world, '/v1/chat/completions', chat(script({ error: { message: 'no' } })));
    const figures = await scrape(world);
    const turns = (surface: string, outcome: string) =>
      figures.get(
        `thrum_bridge_turns_total{surface="${surface}",model="claude-sonnet-4",outcome="${outcome}"}`,
      );
    expect(turns('openai', 'worker-error')).toBe(1);
    expect(turns('ollama', 'stop')).toBe(1);
    expect(figures.get('thrum_bridge_turns_total{surface="ollama",model="sonnet",outcome="stop"}')).toBe(1);
    expect(figures.get('thrum_bridge_tokens_total{model="claude-sonnet-4",kind="prompt"}')).toBe(14);
    expect(figures.get('thrum_bridge_tokens_total{model="claude-sonnet-4",kind="completion"}')).toBe(7);
    expect(figures.get('thrum_bridge_tokens_total{model="claude-sonnet-4",kind="cached"}')).toBe(3);
    expect(figures.get('thrum_bridge_info{version="0.0.0-test",hive="ollama-server"}')).toBe(1);
  });

  it('never makes a label of what a client wrote', async () => {
    const world = await startWorld();
    for (let at = 0; at < 5; at++) {
      await ask(world, '/api/chat', chat('Hi', { model: `made-up-${at}` }));
      await fetch(`${world.url}/made-up-${at}`);
      await fetch(`${world.url}/v1/models/made-up-${at}`);
    }
    const figures = await scrape(world);
    expect([...figures.keys()].filter((name) => name.includes('made-up'))).toEqual([]);
    const notFound = 'surface="ollama",model="other",outcome="model-not-found"';
    expect(figures.get(`thrum_bridge_turns_total{${notFound}}`)).toBe(5);
    const requests = (route: string, method: string) =>
      figures.get(`thrum_bridge_http_requests_total{method="${method}",route="${route}",status="404"}`);
    expect(requests('other', 'GET')).toBe(5);
    expect(requests('/api/chat', 'POST')).toBe(5);
    const models = [...figures].filter(([name]) => name.includes('route="/v1/models/'));
    expect(models.map(([, value]) => value)).toEqual([5]);
  });

  it('measures the time to the first token and the gaps between reads', async () => {
    const world = await startWorld();
    await ask(world, '/api/chat', chat(script({ say: ['a', 'b', 'c'], ms: 100 })));
    const figures = await scrape(world);
    const model = 'model="claude-sonnet-4"';
    expect(figures.get(`thrum_bridge_first_token_seconds_count{${model}}`)).toBe(1);
    const first = figures.get(`thrum_bridge_first_token_seconds_sum{${model}}`) ?? 0;
    const whole = figures.get(`thrum_bridge_turn_seconds_sum{${model}}`) ?? 0;
    const gaps = figures.get('thrum_bridge_token_gap_seconds_sum') ?? 0;
    expect(first).toBeGreaterThan(0);
    expect(gaps).toBeGreaterThan(0.1);
    expect(first + gaps).toBeCloseTo(whole, 1);
    expect(figures.get('thrum_bridge_token_gap_seconds_bucket{le="0.0025"}')).toBeLessThan(
      figures.get('thrum_bridge_token_gap_seconds_bucket{le="+Inf"}') ?? 0,
    );
  });

  it('shows what is open, and what was cancelled', async () => {
    const world = await startWorld({ config: { maxTurns: 1 } });
    const controller = new AbortController();
    const answer = await world.post(
      '/api/chat',
      chat(script({ say: ['a'], n: 500, ms: 20 })),
      controller.signal,
    );
    expect(answer.status).toBe(200);
    const waiting = world.post('/api/chat', chat('Hi'), controller.signal).catch(() => undefined);
    await eventually(async () => {
      const figures = await scrape(world);
      expect(figures.get('thrum_bridge_open_turns')).toBe(2);
      expect(figures.get('thrum_bridge_queued_turns')).toBe(1);
      expect(figures.get('thrum_bridge_open_sessions')).toBe(1);
      expect(figures.get('thrum_bridge_open_streams')).toBe(2);
    });
    controller.abort();
    await waiting;
    await eventually(async () => {
      const figures = await scrape(world);
      expect(figures.get('thrum_bridge_open_turns')).toBe(0);
      expect(figures.get('thrum_bridge_open_streams')).toBe(0);
      expect(figures.get('thrum_bridge_cancels_total')).toBe(1);
    });
  });

  it('shows the link, by the number of its socket, and how often it was lost', async () => {
    const world = await startWorld();
    const up = await scrape(world);
    expect(up.get('thrum_bridge_link_up')).toBe(1);
    expect(up.get('thrum_bridge_sockets{socket="1",state="up"}')).toBe(1);
    await world.stopDaemon();
    await eventually(async () => {
      const down = await scrape(world);
      expect(down.get('thrum_bridge_link_up')).toBe(0);
      expect(down.get('thrum_bridge_sockets{socket="1",state="up"}')).toBe(0);
      expect(down.get('thrum_bridge_reconnects_total')).toBe(1);
    });
  });

  it('shows by which way tool results went', async () => {
    const world = await startWorld({ config: { toolResults: 'replay' } });
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
    const called = await world.post(
      '/v1/chat/completions',
      chat(script({ tools: [{ name: 'look' }] }), { tools }),
    );
    const { choices } = Object(await called.json());
    const { message } = choices[0];
    const result = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'seen' };
    const messages = [{ role: 'user', content: 'Look' }, message, result];
    await ask(world, '/v1/chat/completions', { model: 'claude-sonnet-4', messages, tools });
    expect((await scrape(world)).get('thrum_bridge_tool_ways_total{way="replay"}')).toBe(1);
  });

  it('is for callers on this machine, or with a key', async () => {
    const open = await startWorld();
    const forwarded = await fetch(`${open.url}/metrics`, { headers: { forwarded: 'for=10.0.0.1' } });
    expect(forwarded.status).toBe(403);
    const locked = await startWorld({ config: { apiKey: 'k' } });
    expect((await fetch(`${locked.url}/metrics`)).status).toBe(401);
    const headers = { authorization: 'Bearer k' };
    expect((await fetch(`${locked.url}/metrics`, { headers })).status).toBe(200);
  });
});

describe('the Grafana dashboard', () => {
  const dashboard: string = readFileSync('hives/grafana/thrum-bridge.json', 'utf8');
  const expressions = [...dashboard.matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(([, expr = '']) => expr);

  it('shows every metric of ours, and none that there is not', async () => {
    const world = await startWorld();
    const text = await (await fetch(`${world.url}/metrics`)).text();
    const there = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const named = new Set(
      expressions
        .flatMap((expr) => expr.match(/\b(?:thrum_bridge|process|nodejs)_\w+/g) ?? [])
        .map((name) => name.replace(/_bucket$/, '')),
    );
    expect([...named].filter((name) => !there.includes(name))).toEqual([]);
    expect(there.filter((name) => name.startsWith('thrum_bridge_') && !named.has(name))).toEqual([]);
  });

  it('filters every expression by the chosen bridges, and lets no two panels overlap', () => {
    expect(expressions.length).toBeGreaterThan(30);
    for (const expr of expressions) expect(expr).toContain('instance=~\\"$instance\\"');
    const panels: readonly Panel[] = JSON.parse(dashboard).panels;
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

interface Panel {
  readonly id: number;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

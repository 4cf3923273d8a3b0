import { randomUUID } from 'node:crypto';
import { onTestFinished, describe, expect, it } from 'vitest';
import { ToneTaps } from '../../../src/thrum/link/tone-tap.js';
import { eventually } from '../../eventually.js';
import { chat, parseStream, script, startWorld, type World } from '../../front-door/world.js';

interface Watch {
  readonly status: number;
  /** `sent prompt`, and so on. */
  chis(): readonly string[];
  lines(): readonly string[];
  hasEnded(): boolean;
  close(): void;
}

const createId = () => `ui-${randomUUID()}`;

async function watch(world: World, id: string, headers: Record<string, string> = {}): Promise<Watch> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const { signal } = controller;
  const answer = await fetch(`${world.url}/ui/api/tones?request=${id}`, { headers, signal });
  let text = '';
  let hasEnded = false;
  const read = async () => {
    for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) text += piece;
  };
  read()
    .catch(() => undefined)
    .finally(() => {
      hasEnded = true;
    });
  const tones = () => parseStream(text.slice(0, text.lastIndexOf('\n') + 1));
  return {
    status: answer.status,
    chis: () =>
      tones().map(({ direction, line }) => `${direction} ${/"chi":"([a-z-]+)"/.exec(String(line))?.[1]}`),
    lines: () => tones().map(({ line }) => String(line)),
    hasEnded: () => hasEnded,
    close: () => controller.abort(),
  };
}

function post(world: World, id: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${world.url}/api/chat`, {
    method: 'POST',
    headers: { 'x-request-id': id, ...headers },
    body: JSON.stringify(body),
  });
}

describe('GET /ui/api/tones', () => {
  it('shows the tones of the request with that id, in both directions, and of no other', async () => {
    const world = await startWorld();
    const [id, other] = [createId(), createId()];
    const watched = await watch(world, id);
    await (await post(world, other, chat('Secret words'))).text();
    await (await post(world, id, chat(script({ say: ['a', 'b'] })))).text();
    await eventually(() => expect(watched.chis().at(-1)).toBe('sent cleanup'));
    expect(watched.chis()[0]).toBe('sent prompt');
    expect(watched.chis().filter((tone) => tone === 'received chunk').length).toBeGreaterThanOrEqual(2);
    expect(watched.chis().at(-2)).toBe('received finish');
    expect(watched.lines().join()).not.toContain('Secret words');
    const [prompt] = watched.lines();
    expect(JSON.parse(prompt ?? '')).toEqual(world.sentOf('prompt')[1]);
  });

  it('goes on with a parked turn under the id of the request that brings the results', async () => {
    const world = await startWorld();
    const first = createId();
    const second = createId();
    const tools = [{ type: 'function', function: { name: 'get_time' } }];
    const steps = { tools: [{ name: 'get_time', args: {} }], then: ['Late.'] };
    const asked = chat(script(steps), { tools, stream: false });
    const before = await watch(world, first);
    const { message } = Object(await (await post(world, first, asked)).json());
    const after = await watch(world, second);
    const messages = [
      { role: 'user', content: script(steps) },
      message,
      { role: 'tool', tool_name: 'get_time', content: 'noon' },
    ];
    await (await post(world, second, { ...asked, messages })).text();
    await eventually(() => expect(after.chis().at(-1)).toBe('sent cleanup'));
    expect(before.chis()).toContain('received tool-call');
    expect(before.chis()).not.toContain('sent tool-result');
    expect(after.chis()[0]).toBe('sent tool-result');
  });

  it('shows the beginning of a tone that is too large to be shown', async () => {
    const world = await startWorld();
    const id = createId();
    const watched = await watch(world, id);
    await (await post(world, id, chat('é'.repeat(400_000)))).text();
    await eventually(() => expect(watched.chis()[0]).toBe('sent prompt'));
    expect(watched.lines()[0]).toMatch(/^\{"chi":"prompt","rid":"[^"]+","sid":".*é…$/);
    expect(watched.lines()[0]?.length).toBe(65_537);
  });

  it('takes only ids that were made to be watched, each once', async () => {
    const world = await startWorld();
    for (const id of [
      '',
      'req_0123456789abcdef0123',
      'ui-short',
      `ui-${'x'.repeat(65)}`,
      'ui-0123456789abcde%20',
    ])
      expect([id, (await watch(world, id)).status]).toEqual([id, 400]);
    const id = createId();
    const watched = await watch(world, id);
    expect(watched.status).toBe(200);
    expect((await watch(world, id)).status).toBe(400);
    watched.close();
    await eventually(async () => expect((await watch(world, id)).status).toBe(200));
  });

  it('shows nobody what was asked with another key', async () => {
    const world = await startWorld({ config: { apiKey: 'one, two' } });
    const id = createId();
    const as = (key: string) => ({ authorization: `Bearer ${key}` });
    const watched = await watch(world, id, as('one'));
    await (await post(world, id, chat('By two'), as('two'))).text();
    await (await post(world, id, chat('By one'), as('one'))).text();
    await eventually(() => expect(watched.chis()).toContain('sent cleanup'));
    expect(watched.lines().join()).not.toContain('By two');
  });

  it('is for callers on this machine, or with a key', async () => {
    const world = await startWorld();
    expect((await watch(world, createId(), { 'x-forwarded-for': '10.0.0.1' })).status).toBe(403);
  });

  it('ends when the bridge stops, which does not wait for it', async () => {
    const world = await startWorld({ config: { drainMs: 60_000 } });
    const watched = await watch(world, createId());
    // Long before drainMs, which no test lasts.
    await world.bridge.close();
    await eventually(() => expect(watched.hasEnded()).toBe(true));
  });

  it('lets so many requests be watched at once, and no more', async () => {
    const world = await startWorld();
    const statuses: number[] = [];
    for (let at = 0; at < 17; at++) statuses.push((await watch(world, createId())).status);
    expect(statuses).toEqual([...Array.from({ length: 16 }, () => 200), 503]);
  });
});

describe('a tap', () => {
  it('ends when its reader is a megabyte behind', async () => {
    const taps = new ToneTaps();
    const tap = taps.watch('ui-1', undefined);
    taps.follow('sid-1', { requestId: 'ui-1', keyId: undefined, surface: 'ollama' });
    const tone = { chi: 'chunk', sid: 'sid-1', delta: 'x'.repeat(60_000) };
    for (let at = 0; at < 100; at++) taps.received([tone]);
    let seen = 0;
    for await (const batch of tap) seen += batch.length;
    expect(seen).toBe(18);
    expect(() => taps.watch('ui-1', undefined)).not.toThrow();
  });
});

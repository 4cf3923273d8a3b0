/** What all callers share: one of them that asks for much of it costs the others nothing. */
import { beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../eventually.js';
import { script, startWorld, type World } from '../front-door/world.js';
import { errorOf } from './ask.js';

const PATIENCE_MS = 15_000;
const model = 'claude-sonnet-4';

/** Its patterns are ones that take long, and it is like no other. About 39 KB. */
function slowSchema(name: string, length = 700): object {
  const properties = Array.from({ length }, (_, at) => [
    `${name}${at}`,
    { type: 'string', pattern: `[\\p{L}a]{1000}${at}` },
  ]);
  return { type: 'object', properties: Object.fromEntries(properties) };
}

const QUICK = { type: 'object', properties: { a: { type: 'string' } } };

function askWith(
  world: World,
  key: string,
  schema: object,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const format = { type: 'json_schema', json_schema: { name: 'a', schema } };
  const messages = [{ role: 'user', content: '{}' }];
  return fetch(`${world.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages, response_format: format }),
    signal,
  });
}

describe('66 requests with schemas that take long to compile', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld({ config: { apiKey: 'greedy,honest' } });
  });

  test('of one key deny structured output to no other key', async () => {
    const leaving = new AbortController();
    let over = 0;
    const greedy = Array.from({ length: 66 }, (_, at) =>
      askWith(world, 'greedy', slowSchema(`a${at}_`), leaving.signal).finally(() => over++),
    );
    const answers = Promise.allSettled(greedy);
    await eventually(() => expect(over).toBeGreaterThan(0), PATIENCE_MS);
    expect((await askWith(world, 'honest', { ...QUICK, title: 'another' })).status).toBe(200);
    // Most of them still wait; an answer that is there is checked before the next schema is looked at.
    expect(over).toBeLessThan(33);
    leaving.abort();
    await answers;
  });

  test('whose senders are gone are gone as well', async () => {
    const leaving = new AbortController();
    let over = 0;
    const greedy = Array.from({ length: 66 }, (_, at) =>
      askWith(world, 'greedy', slowSchema(`b${at}_`), leaving.signal).finally(() => over++),
    );
    const answers = Promise.allSettled(greedy);
    await eventually(() => expect(over).toBeGreaterThan(0), PATIENCE_MS);
    leaving.abort();
    await answers;
    // Of the same key: nothing of theirs is in front of it.
    await eventually(
      async () => expect((await askWith(world, 'greedy', QUICK)).status).toBe(200),
      PATIENCE_MS,
    );
  });

  test('are told what is full', async () => {
    const leaving = new AbortController();
    const statuses: number[] = [];
    let full = '';
    const greedy = Array.from({ length: 80 }, (_, at) =>
      askWith(world, 'greedy', slowSchema(`c${at}_`), leaving.signal).then(async (answer) => {
        statuses.push(answer.status);
        if (answer.status === 503) full = errorOf(await answer.json());
      }),
    );
    const answers = Promise.allSettled(greedy);
    await eventually(() => expect(statuses).toContain(503), PATIENCE_MS);
    await eventually(() =>
      expect(full).toBe('too many JSON Schemas are being checked: try again in a moment'),
    );
    leaving.abort();
    await answers;
  });

  test('that took too long once are refused at once the next time, by whoever they come', async () => {
    // On any machine.
    const schema = slowSchema('again', 1_700);
    const first = await askWith(world, 'greedy', schema);
    expect([first.status, errorOf(await first.json())]).toEqual([
      400,
      "the format's JSON Schema is too complex: it was not compiled within 0.5 s",
    ]);
    const next = await askWith(world, 'honest', schema);
    expect([next.status, errorOf(await next.json())]).toEqual([
      400,
      "the format's JSON Schema is too complex: it took too long before",
    ]);
  });
});

test('turns of one key in the line leave places and turns to other keys', async () => {
  const config = { apiKey: 'greedy,honest', maxTurns: 1, maxQueuedTurns: 4, queueTimeoutMs: 60_000 };
  const world = await startWorld({ config });
  const order: string[] = [];
  const ask = async (key: string, content: string, signal: AbortSignal | null = null) => {
    const answer = await fetch(`${world.url}/api/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model, messages: [{ role: 'user', content }], stream: false }),
      signal,
    });
    order.push(`${key} ${answer.status}`);
    await answer.text();
  };
  const leaving = new AbortController();
  const first = ask('greedy', script({ say: [], hang: true }), leaving.signal).catch(() => undefined);
  await eventually(() => expect(world.sentOf('prompt')).toHaveLength(1));
  const greedy = Array.from({ length: 5 }, () => ask('greedy', 'x'));
  // The fifth of four.
  await eventually(() => expect(order).toEqual(['greedy 503']));
  const honest = ask('honest', 'x');
  await eventually(() => expect(order).toEqual(['greedy 503', 'greedy 503']));
  leaving.abort();
  await Promise.all([first, ...greedy, honest]);
  expect(order.slice(2).indexOf('honest 200')).toBeLessThan(2);
  expect(order.filter((line) => line === 'greedy 200')).toHaveLength(3);
});

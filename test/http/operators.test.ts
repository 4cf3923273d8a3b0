import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chat, startWorld } from '../front-door/world.js';
import { temporaryFolder } from '../temporary-folder.js';

const PLACES = [
  '/metrics',
  '/ui',
  '/ui/main.js',
  '/ui/api/status',
  '/ui/api/tones?request=ui-0123456789abcdef',
];

/** A world with a file of keys. */
async function startWithKeys(...lines: readonly (string | object)[]) {
  const file = join(temporaryFolder(), 'keys');
  writeFileSync(
    file,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  const world = await startWorld({ config: { apiKey: `@${file}` } });
  const ask = (path: string, key: string | undefined) =>
    fetch(world.url + path, {
      headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    });
  /** The status of each place, the page's as machines elsewhere get it. */
  const statusesOf = async (key: string) => {
    const statuses = [];
    for (const place of PLACES) {
      const answer = await fetch(world.url + place, {
        headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': '10.0.0.1' },
      });
      statuses.push(answer.status);
      await answer.body?.cancel();
    }
    return statuses;
  };
  return { ...world, ask, statusesOf };
}

const ALL = PLACES.map(() => 200);
const NONE = PLACES.map(() => 403);

describe('what is meant for operators', () => {
  it('opens for every key where no line says who is one', async () => {
    const world = await startWithKeys('a', { key: 'b', workerTools: 'none' });
    expect([await world.statusesOf('a'), await world.statusesOf('b')]).toEqual([ALL, ALL]);
  });

  it('opens for the keys of operators only, where there are some', async () => {
    const world = await startWithKeys('a', { key: 'b', operator: true }, { key: 'c', operator: false });
    expect(await world.statusesOf('a')).toEqual(NONE);
    expect(await world.statusesOf('b')).toEqual(ALL);
    expect(await world.statusesOf('c')).toEqual(NONE);
  });

  it('does not open for a key that says that it is none, whatever others say', async () => {
    const world = await startWithKeys('a', { key: 'b', operator: false });
    expect([await world.statusesOf('a'), await world.statusesOf('b')]).toEqual([ALL, NONE]);
  });

  it('is not for a key that is none from this machine, either', async () => {
    const world = await startWithKeys('a', { key: 'b', operator: true });
    const refused = await world.ask('/ui/api/status', 'a');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 'forbidden' } });
    expect((await world.ask('/ui/api/status', undefined)).status).toBe(401);
    expect((await world.ask('/ui', undefined)).status).toBe(200);
  });
});

describe('the usage', () => {
  it('is that of all keys for an operator, else of the key that asks', async () => {
    const world = await startWithKeys('a', { key: 'b', operator: true });
    for (const key of ['a', 'b']) {
      const answer = await fetch(`${world.url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify(chat('hello')),
        headers: { authorization: `Bearer ${key}` },
      });
      expect(answer.status).toBe(200);
      await answer.text();
    }
    const idsFor = async (key: string) => {
      const { data } = Object(await (await world.ask('/v1/usage', key)).json());
      return data.map((row: Readonly<Record<string, unknown>>) => row['key_id']).sort();
    };
    const all = await idsFor('b');
    const own = await idsFor('a');
    expect(all).toHaveLength(2);
    expect(own).toHaveLength(1);
    expect(all).toContain(own[0]);
  });
});

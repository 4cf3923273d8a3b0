/** Clients that try out keys: they are slowed down by their address, counted, and lock nobody out. */
import { describe, expect, it } from 'vitest';
import { networkOf } from '../../src/http/caller.js';
import { ApiKeys } from '../../src/http/guards/api-key-guard.js';
import { type KeyRefusal, WrongKeys } from '../../src/http/guards/wrong-keys.js';
import { startWorld, type World } from '../front-door/world.js';

const RIGHT = 'a-right-key';

async function ask(world: World, key: string | undefined, path = '/api/tags') {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(world.url + path, { headers });
  await response.text();
  return response;
}

async function counted(world: World): Promise<Readonly<Record<string, number>>> {
  const headers = { authorization: `Bearer ${RIGHT}` };
  const text = await (await fetch(`${world.url}/metrics`, { headers })).text();
  const lines = text.matchAll(/^thrum_bridge_refused_keys_total\{reason="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, reason, value]) => [reason, Number(value)]));
}

describe('wrong keys', () => {
  it('are answered ever more slowly, on every surface, and the right key at once all the while', async () => {
    const world = await startWorld({ config: { apiKey: RIGHT } });
    const paths = ['/api/tags', '/v1/models', '/v1/messages', '/metrics', '/ui/api/status', '/nowhere'];
    const waits: number[] = [];
    for (let tried = 0; tried < 13; tried++) {
      const from = performance.now();
      expect((await ask(world, `wrong-${tried}`, paths[tried % paths.length])).status).toBe(401);
      waits.push(performance.now() - from);
    }
    // Timers may fire up to a millisecond early.
    expect(waits.slice(10).map((ms, at) => ms >= 250 * 2 ** at - 2)).toEqual([true, true, true]);
    const slow = ask(world, 'wrong-again');
    expect((await ask(world, RIGHT)).status).toBe(200);
    expect(await counted(world)).toEqual({ wrong: 14 });
    expect((await slow).status).toBe(401);
    expect((await ask(world, undefined)).status).toBe(401);
    expect(await counted(world)).toEqual({ wrong: 14, missing: 1 });
  });

  it('are told nothing in a flood, which locks out nobody who was here before', async () => {
    const world = await startWorld({ config: { apiKey: `${RIGHT},another-right-key` } });
    expect((await ask(world, RIGHT)).status).toBe(200);
    const flood = Promise.all(Array.from({ length: 100 }, (_, at) => ask(world, `wrong-${at}`)));
    const answers = await flood;
    const statuses = answers.map(({ status }) => status);
    const wrong = statuses.filter((status) => status === 401).length;
    // Some of the first have waited to their end before the last come, on a slow machine.
    expect(wrong).toBeGreaterThanOrEqual(42);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(100 - wrong);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers.get('retry-after')).toBe('2');
    expect((await ask(world, RIGHT)).status).toBe(200);
    expect((await ask(world, 'another-right-key')).status).toBe(200);
    expect(await counted(world)).toEqual({ wrong, unchecked: 100 - wrong });
  });
});

describe('the count of wrong keys', () => {
  function create() {
    let now = 0;
    const reasons: KeyRefusal[] = [];
    const wrongKeys = new WrongKeys({ monotonic: () => now }, (reason) => reasons.push(reason));
    const keys = new ApiKeys([{ key: 'right' }, { key: 'other' }]);
    const check = (key: string, address = '192.0.2.1') =>
      wrongKeys.check(keys, 'POST', '/api/chat', { 'x-api-key': key }, address);
    const pass = (ms: number) => {
      now += ms;
    };
    return { reasons, check, pass };
  }

  /** How many of `times` wrong keys were refused at once. */
  function refusedAtOnce(check: () => unknown, times: number): number {
    let refused = 0;
    for (let at = 0; at < times; at++) {
      try {
        const later = check();
        if (later instanceof Promise) later.catch(() => {});
      } catch {
        refused++;
      }
    }
    return refused;
  }

  it('forgets one in 6 s', () => {
    const { check, pass } = create();
    expect(refusedAtOnce(() => check('wrong'), 12)).toBe(10);
    pass(24_000);
    expect(refusedAtOnce(() => check('wrong'), 4)).toBe(2);
  });

  it('is one for each address, and for each network of IPv6', () => {
    const { check } = create();
    expect(refusedAtOnce(() => check('wrong', '2001:db8::1'), 20)).toBe(10);
    expect(refusedAtOnce(() => check('wrong', '2001:db8::2:3'), 5)).toBe(0);
    expect(refusedAtOnce(() => check('wrong', '2001:db8:0:1::1'), 5)).toBe(5);
    expect(refusedAtOnce(() => check('wrong', '192.0.2.2'), 5)).toBe(5);
  });

  it('tells nothing of a right key that was not used from an address from which a flood comes', () => {
    const { check, reasons } = create();
    expect(check('right')).toMatchObject({ isOperator: true });
    refusedAtOnce(() => check('wrong'), 42);
    expect(check('right')).toMatchObject({ isOperator: true });
    expect(() => check('other')).toThrow('too many incorrect API keys');
    expect(check('other', '192.0.2.2')).toMatchObject({ isOperator: true });
    expect(reasons).toEqual([...Array<KeyRefusal>(42).fill('wrong'), 'unchecked']);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['fe80::1:2%eth0', 'fe80:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    [undefined, ''],
  ])('takes %s for one of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

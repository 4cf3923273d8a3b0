import { describe, expect, onTestFinished, test } from 'vitest';
import { Fault } from '../../src/core/fault.js';
import { defineTask } from '../../src/threads/task.js';
import { ThreadPool, type ThreadPoolLimits } from '../../src/threads/thread-pool.js';
import { eventually } from '../eventually.js';

const TASKS = new URL('./tasks.mjs', import.meta.url).href;
const NEVER = new AbortController().signal;

/** Only threads run these. */
function task<Input = undefined, Output = unknown>(name: string) {
  return defineTask<Input, Output>(TASKS, name, () => {
    throw new Error('not here');
  });
}

const echo = task<unknown>('echo');
const spin = task('spin');

function createPool(limits: Partial<ThreadPoolLimits> = {}): ThreadPool {
  const pool = new ThreadPool({
    maxThreads: 1,
    maxWaiting: 1,
    maxWaitMs: 15_000,
    deadlineMs: 15_000,
    idleMs: 10,
    ...limits,
  });
  onTestFinished(() => eventually(() => expect(pool.threads).toBe(0), 20_000));
  return pool;
}

test('what goes to a thread and comes back is what it was, however large', async () => {
  const value = {
    text: 'ä\u{1f41d}'.repeat(300_000),
    list: Array.from({ length: 20_000 }, (_, index) => ({ index, text: `number ${index}`, none: undefined })),
    deep: { deeper: [[{ big: 'x'.repeat(600_000) }, null, true, 1.5]] },
    map: new Map([['a', { kind: 'function' }]]),
    nothing: '',
  };
  expect(await createPool().run(echo, value, NEVER)).toEqual(value);
});

test('bytes are handed over, not copied', async () => {
  const bytes = new Uint8Array(3_000_000).fill(7);
  const copy = bytes.slice();
  const returned = await createPool().run(
    task<{ bytes: Uint8Array }, { bytes: Uint8Array }>('echo'),
    { bytes },
    NEVER,
  );
  // Not by `toEqual`, which takes seconds for this many.
  expect(Buffer.compare(returned.bytes, copy)).toBe(0);
  expect(bytes.byteLength).toBe(0);
});

test('a fault crosses with all that it says', async () => {
  const fault = await createPool()
    .run(task('refuse'), undefined, NEVER)
    .catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Fault);
  expect(fault).toMatchObject({
    code: 'bad-request',
    message: 'not like that',
    param: 'messages[0]',
    reason: 'invalid_value',
  });
});

test.each([
  ['a mistake of ours', 'blunder', /a thread failed with TypeError/],
  ['a result that cannot be copied', 'unfit', /a thread failed with DataCloneError/],
  ['a task that is not there', 'absent', /a thread failed with Error/],
  ['the death of the thread', 'die', /a thread ended in the middle of its work/],
])('%s is an error, and the next call is served', async (_, name, message) => {
  const pool = createPool();
  await expect(pool.run(task(name), undefined, NEVER)).rejects.toThrow(message);
  expect(await pool.run(echo, 'still here', NEVER)).toBe('still here');
});

test('a call past its deadline is a timeout, its thread is ended and replaced', async () => {
  const pool = createPool({ deadlineMs: 1_500 });
  await expect(pool.run(spin, undefined, NEVER)).rejects.toMatchObject({ code: 'timeout' });
  expect(await pool.run(echo, 'still here', NEVER)).toBe('still here');
});

test('a client that leaves frees the thread at once, and its place in the line', async () => {
  const pool = createPool();
  const [working, waiting] = [new AbortController(), new AbortController()];
  const first = pool.run(spin, undefined, working.signal);
  const second = pool.run(echo, 'second', waiting.signal);
  waiting.abort(new Error('left the line'));
  await expect(second).rejects.toThrow('left the line');
  const third = pool.run(echo, 'third', NEVER);
  working.abort(new Error('left'));
  await expect(first).rejects.toThrow('left');
  expect(await third).toBe('third');
  await expect(pool.run(echo, 'fourth', working.signal)).rejects.toThrow('left');
});

test('no more threads than allowed, no more waiting than allowed', async () => {
  const pool = createPool({ maxThreads: 2, maxWaiting: 1 });
  const working = new AbortController();
  const busy = [1, 2].map(() => pool.run(spin, undefined, working.signal));
  const waiting = pool.run(echo, 'waited', NEVER);
  await expect(pool.run(echo, 'one too many', NEVER)).rejects.toMatchObject({
    code: 'busy',
    retryAfterSeconds: 1,
  });
  expect(pool.threads).toBe(2);
  working.abort(new Error('left'));
  for (const call of busy) await expect(call).rejects.toThrow('left');
  expect(await waiting).toBe('waited');
});

describe('callers that share a pool', () => {
  /** All threads work until it is aborted. */
  function occupy(pool: ThreadPool, callers: readonly string[]): AbortController {
    const working = new AbortController();
    for (const caller of callers) pool.run(spin, undefined, working.signal, caller).catch(() => undefined);
    return working;
  }

  test('take turns, however many calls one of them has', async () => {
    const pool = createPool({ maxWaiting: 8 });
    // From now on there is one thread for all others.
    const busy = occupy(pool, ['x']);
    const working = occupy(pool, ['a']);
    const done: unknown[] = [];
    const calls = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map(async (name) => {
      done.push(await pool.run(echo, name, NEVER, name.charAt(0)));
    });
    expect(pool.waiting).toBe(6);
    working.abort(new Error('left'));
    await Promise.all(calls);
    expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    busy.abort(new Error('left'));
  });

  test('get one thread more where all are taken by others, and no second one', async () => {
    const pool = createPool({ maxThreads: 2, maxWaiting: 8 });
    const working = occupy(pool, ['a', 'a', 'a']);
    expect([pool.working, pool.waiting]).toEqual([2, 1]);
    expect(await pool.run(echo, 'at once', NEVER, 'b')).toBe('at once');
    const others = occupy(pool, ['b', 'b', 'c']);
    expect([pool.working, pool.waiting]).toEqual([3, 3]);
    // One of b and one of c go on; there is no third thread for another of b.
    working.abort(new Error('left'));
    await eventually(() => expect([pool.working, pool.waiting]).toEqual([2, 1]));
    others.abort(new Error('left'));
  });

  test('get that thread too where another call begins before theirs', async () => {
    const pool = createPool({ maxThreads: 2, maxWaiting: 8 });
    const [a, b] = [occupy(pool, ['a']), occupy(pool, ['b'])];
    const waiting = occupy(pool, ['b', 'a']);
    expect([pool.working, pool.waiting]).toEqual([2, 2]);
    a.abort(new Error('left'));
    await eventually(() => expect([pool.working, pool.waiting]).toEqual([3, 0]));
    for (const working of [b, waiting]) working.abort(new Error('left'));
  });

  test('cannot fill the queue for each other: who has most in it gives up what came last', async () => {
    const pool = createPool({ maxWaiting: 4 });
    const working = occupy(pool, ['a', 'x']);
    const busy = { code: 'busy', retryAfterSeconds: 1 };
    const run = (name: string) => pool.run(echo, name, NEVER, name.charAt(0));
    const [a1, a2, a3, a4] = [run('a1'), run('a2'), run('a3'), run('a4')];
    const b1 = run('b1');
    await expect(a4).rejects.toMatchObject(busy);
    const b2 = run('b2');
    await expect(a3).rejects.toMatchObject(busy);
    await expect(run('b3')).rejects.toMatchObject(busy);
    await expect(run('a5')).rejects.toMatchObject(busy);
    working.abort(new Error('left'));
    expect(await Promise.all([a1, a2, b1, b2])).toEqual(['a1', 'a2', 'b1', 'b2']);
  });
});

test("calls that go first go before their caller's others, find room in a full queue, and overtake nobody else", async () => {
  const pool = createPool({ maxWaiting: 4 });
  const [working, busy] = [new AbortController(), new AbortController()];
  pool.run(spin, undefined, working.signal, 'a').catch(() => undefined);
  // One thread is left for all others.
  pool.run(spin, undefined, busy.signal, 'x').catch(() => undefined);
  const done: unknown[] = [];
  const run = async (name: string, goesFirst = false) => {
    done.push(await pool.run(echo, name, NEVER, name.charAt(0), { goesFirst }));
  };
  const b1 = run('b1');
  const [a1, a2, a3] = [run('a1'), run('a2'), run('a3')];
  const first = [run('a4', true), run('a5', true)];
  for (const call of [a2, a3]) await expect(call).rejects.toMatchObject({ code: 'busy' });
  const last = run('a6', true);
  await expect(a1).rejects.toMatchObject({ code: 'busy' });
  // Nothing is left that could give way.
  await expect(run('a7', true)).rejects.toMatchObject({ code: 'busy' });
  working.abort(new Error('left'));
  await Promise.all([b1, ...first, last]);
  busy.abort(new Error('left'));
  expect(done).toEqual(['b1', 'a4', 'a5', 'a6']);
});

test('a call that has waited for too long is told to come back', async () => {
  const pool = createPool({ maxWaitMs: 20 });
  const working = new AbortController();
  const first = pool.run(spin, undefined, working.signal);
  await expect(pool.run(echo, 'late', NEVER)).rejects.toMatchObject({ code: 'busy', retryAfterSeconds: 1 });
  expect([pool.working, pool.waiting]).toEqual([1, 0]);
  working.abort(new Error('left'));
  await expect(first).rejects.toThrow('left');
});

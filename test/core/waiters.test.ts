import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TurnAbort, type TurnSignal } from '../../src/core/abort.js';
import { Fault } from '../../src/core/fault.js';
import { Waiters } from '../../src/core/waiters.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A signal that knows who listens to it. */
class CountedAbort extends TurnAbort {
  readonly listeners = new Set<() => void>();

  override addEventListener(type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
    super.addEventListener(type, listener);
  }

  override removeEventListener(type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
    super.removeEventListener(type, listener);
  }
}

const LATE = new Fault('timeout', 'too late');
const options = (signal: TurnSignal, timeoutMs = 100) => ({ signal, timeoutMs, late: () => LATE });

/** How each wait ended, once it has. */
function watch<Value>(waiting: Promise<Value>) {
  const ends: (readonly [string, unknown])[] = [];
  waiting.then(
    (value) => ends.push(['resolved', value]),
    (reason: unknown) => ends.push(['rejected', reason]),
  );
  return ends;
}

describe('a wait', () => {
  const why = new Error('why');
  it.each<
    [string, (waiters: Waiters<string, number>, signal: TurnAbort) => unknown, readonly [string, unknown]]
  >([
    ['what it waits for', (waiters) => waiters.resolve('a', 7), ['resolved', 7]],
    ['the news that it is in vain', (waiters) => waiters.reject('a', why), ['rejected', why]],
    ['all that wait', (waiters) => waiters.resolveAll(8), ['resolved', 8]],
    ['the end of everything', (waiters) => waiters.rejectAll(why), ['rejected', why]],
    ['its client', (_, signal) => signal.abort(why), ['rejected', why]],
    ['its time', () => vi.advanceTimersByTime(100), ['rejected', LATE]],
  ])('ends once with %s, and leaves no timer and no listener behind', async (_, end, expected) => {
    const waiters = new Waiters<string, number>();
    const signal = new CountedAbort();
    const ends = watch(waiters.add('a', options(signal)));
    expect([waiters.size, vi.getTimerCount(), signal.listeners.size]).toEqual([1, 1, 1]);
    end(waiters, signal);
    expect([waiters.size, vi.getTimerCount(), signal.listeners.size]).toEqual([0, 0, 0]);
    await Promise.resolve();
    expect(ends).toEqual([expected]);
    expect([waiters.resolve('a', 9), waiters.reject('a', why)]).toEqual([false, false]);
  });

  it('ends at once for a client that has left already', async () => {
    const waiters = new Waiters<string>();
    const signal = new CountedAbort();
    signal.abort();
    await expect(waiters.add('a', options(signal))).rejects.toBe(signal.reason);
    expect([waiters.size, vi.getTimerCount(), signal.listeners.size]).toEqual([0, 0, 0]);
  });

  it('ends after its time with what that means for it, not sooner', async () => {
    const waiters = new Waiters<string, string>();
    const ends = watch(
      waiters.add('a', { signal: new TurnAbort(), timeoutMs: 100, late: () => 'go on without' }),
    );
    await vi.advanceTimersByTimeAsync(99);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toEqual([['resolved', 'go on without']]);
  });

  it('has no time of its own where that is infinite', async () => {
    const waiters = new Waiters<string>();
    const ends = watch(waiters.add('a', options(new TurnAbort(), Number.POSITIVE_INFINITY)));
    await vi.advanceTimersByTimeAsync(2 ** 31);
    expect([ends, waiters.size]).toEqual([[], 1]);
  });
});

it('each of many waits ends exactly once, in whatever order things happen, and the others go on in their order', async () => {
  const key = fc.nat({ max: 5 });
  const happening = fc.oneof(
    key.map((of) => ({ do: 'add' as const, of })),
    key.map((of) => ({ do: 'resolve' as const, of })),
    key.map((of) => ({ do: 'reject' as const, of })),
    key.map((of) => ({ do: 'leave' as const, of })),
    fc.nat({ max: 60 }).map((of) => ({ do: 'time' as const, of })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
      const waiters = new Waiters<number>();
      const waits: { key: number; signal: CountedAbort; ends: ReturnType<typeof watch> }[] = [];
      const open = () => waits.filter(({ ends }) => ends.length === 0);
      for (const { do: what, of } of happenings) {
        const wait = open().find(({ key }) => key === of);
        if (what === 'add' && wait === undefined) {
          const signal = new CountedAbort();
          waits.push({ key: of, signal, ends: watch(waiters.add(of, options(signal))) });
        } else if (what === 'resolve') expect(waiters.resolve(of)).toBe(wait !== undefined);
        else if (what === 'reject') expect(waiters.reject(of, 'in vain')).toBe(wait !== undefined);
        else if (what === 'leave') wait?.signal.abort();
        else if (what === 'time') await vi.advanceTimersByTimeAsync(of);
        await vi.advanceTimersByTimeAsync(0);
        expect([...waiters]).toEqual(open().map(({ key }) => key));
        expect(vi.getTimerCount()).toBe(waiters.size);
      }
      waiters.resolveAll();
      await vi.advanceTimersByTimeAsync(0);
      for (const { signal, ends } of waits) expect([ends.length, signal.listeners.size]).toEqual([1, 0]);
    }),
  );
});

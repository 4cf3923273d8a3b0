import { describe, expect, it } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import type { Event } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import { DeferredTurn } from '../../src/turns/deferred-turn.js';

const BATCHES: readonly (readonly Event[])[] = [
  [{ type: 'text-delta', text: 'a' }],
  [{ type: 'text-delta', text: 'b' }],
];
const NO_MORE = { done: true as const, value: undefined };

/** A turn of two batches, which says when it is left; as a queue it may be left before it is read. */
function twoBatches(told: string[]): AsyncIterableIterator<readonly Event[]> {
  const batches = [...BATCHES];
  return {
    next: async () => {
      const value = batches.shift();
      return value === undefined ? NO_MORE : { done: false, value };
    },
    return: async () => {
      told.push('left');
      return NO_MORE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

describe('a turn that takes a moment to begin', () => {
  it('begins when it is read, once, and gives what was begun', async () => {
    let begun = 0;
    const turn = new DeferredTurn(async () => {
      begun++;
      return twoBatches([]);
    }, new TurnAbort());
    expect(begun).toBe(0);
    const seen: unknown[] = [];
    for await (const batch of turn) seen.push(batch);
    expect([seen, begun]).toEqual([BATCHES, 1]);
    expect(await turn.next()).toEqual(NO_MORE);
  });

  it('puts nothing between its reader and what it has begun', async () => {
    const given = Promise.resolve({ done: false as const, value: BATCHES[0] ?? [] });
    const source = { next: () => given, [Symbol.asyncIterator]: () => source };
    const turn = new DeferredTurn(async () => source, new TurnAbort());
    await turn.next();
    expect(turn.next()).toBe(given);
  });

  it('that nobody reads does not begin', async () => {
    const turn = new DeferredTurn(() => Promise.reject(new Error('begun')), new TurnAbort());
    await turn.return();
    expect(await turn.next()).toEqual(NO_MORE);
  });

  it('leaves what it has begun with its reader', async () => {
    const told: string[] = [];
    const turn = new DeferredTurn(async () => twoBatches(told), new TurnAbort());
    for await (const _ of turn) break;
    expect(told).toEqual(['left']);
    expect(await turn.next()).toEqual(NO_MORE);
    await turn.return();
    expect(told).toEqual(['left']);
  });

  it('leaves what begins after its reader has left', async () => {
    const told: string[] = [];
    let begin = () => {};
    const mayBegin = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const turn = new DeferredTurn(() => mayBegin.then(() => twoBatches(told)), new TurnAbort());
    const first = turn.next();
    await turn.return();
    begin();
    expect(await first).toEqual(NO_MORE);
    expect(told).toEqual(['left']);
  });

  it('ends in the fault of what cannot begin', async () => {
    const fault = new Fault('busy', 'full');
    const turn = new DeferredTurn(() => Promise.reject(fault), new TurnAbort());
    expect(await turn.next()).toEqual({ done: false, value: [{ type: 'fault', fault }] });
    expect(await turn.next()).toEqual(NO_MORE);
    const broken = new DeferredTurn(() => Promise.reject(new TypeError('x')), new TurnAbort());
    expect(await broken.next()).toMatchObject({ value: [{ fault: { code: 'internal' } }] });
  });

  it('ends without a word where it cannot begin because the client has left', async () => {
    const signal = new TurnAbort();
    signal.abort();
    const turn = new DeferredTurn(() => Promise.reject(signal.reason), signal);
    expect(await turn.next()).toEqual(NO_MORE);
  });
});

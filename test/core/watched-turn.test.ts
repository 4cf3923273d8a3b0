import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.js';
import { WatchedTurn } from '../../src/turns/watched-turn.js';

const BATCHES: readonly (readonly Event[])[] = [
  [{ type: 'text-delta', text: 'a' }],
  [{ type: 'text-delta', text: 'b' }],
];

/** A turn of two batches, and what its watcher was told. */
function watch(begin: () => AsyncIterable<readonly Event[]> | Promise<AsyncIterable<readonly Event[]>>) {
  const told: string[] = [];
  const turn = new WatchedTurn(
    () => {
      told.push('begun');
      return begin();
    },
    {
      batch: ([event]) => told.push(event?.type === 'text-delta' ? event.text : '?'),
      over: () => told.push('over'),
    },
  );
  return { turn, told };
}

async function* twoBatches(told?: string[]) {
  try {
    yield* BATCHES;
  } finally {
    told?.push('source ended');
  }
}

describe('a watched turn', () => {
  it.each([
    ['at once', () => twoBatches()],
    ['after a while', async () => twoBatches()],
  ])('that begins %s passes every batch on, shows it to its watcher, and is over once', async (_, begin) => {
    const { turn, told } = watch(begin);
    const seen: unknown[] = [];
    for await (const batch of turn) seen.push(batch);
    expect(seen).toEqual(BATCHES);
    expect(await turn.next()).toEqual({ done: true, value: undefined });
    expect(told).toEqual(['begun', 'a', 'b', 'over']);
  });

  it('that nobody reads has not begun, and is not over', async () => {
    const { turn, told } = watch(twoBatches);
    await turn.return();
    expect(await turn.next()).toEqual({ done: true, value: undefined });
    expect(told).toEqual([]);
  });

  it('that its reader leaves ends its source first', async () => {
    const { turn, told } = watch(() => twoBatches(told));
    for await (const _ of turn) break;
    expect(told).toEqual(['begun', 'a', 'source ended', 'over']);
  });

  it.each([
    ['cannot begin', () => Promise.reject(new Error('broken'))],
    [
      'breaks',
      async function* () {
        yield BATCHES[0] ?? [];
        throw new Error('broken');
      },
    ],
  ])('that %s tells its reader, and is over once', async (_, begin) => {
    const { turn, told } = watch(begin);
    await expect(
      (async () => {
        for await (const _ of turn);
      })(),
    ).rejects.toThrow('broken');
    expect(told.filter((word) => word === 'over')).toHaveLength(1);
    expect(await turn.next()).toEqual({ done: true, value: undefined });
  });

  describe('that begins another one', () => {
    /** Who was told what. */
    function watchTwice(
      begin: () => AsyncIterable<readonly Event[]> | Promise<AsyncIterable<readonly Event[]>>,
    ) {
      const told: string[] = [];
      const watcher = (name: string) => ({
        batch: ([event]: readonly Event[]) =>
          void told.push(`${name} ${event?.type === 'text-delta' ? event.text : '?'}`),
        over: () => void told.push(`${name} over`),
      });
      const inner = new WatchedTurn(begin, watcher('inner'));
      return { turn: new WatchedTurn(() => inner, watcher('outer')), inner, told };
    }

    it('shows each batch to the inner watcher first, and is over there first', async () => {
      const { turn, told } = watchTwice(twoBatches);
      const seen: unknown[] = [];
      for await (const batch of turn) seen.push(batch);
      expect(seen).toEqual(BATCHES);
      expect(told).toEqual(['inner a', 'outer a', 'inner b', 'outer b', 'inner over', 'outer over']);
    });

    it('ends its source when its reader leaves, then tells both', async () => {
      const { turn, told } = watchTwice(() => twoBatches(told));
      for await (const _ of turn) break;
      expect(told).toEqual(['inner a', 'outer a', 'source ended', 'inner over', 'outer over']);
    });

    it('tells both when it cannot begin', async () => {
      const { turn, told } = watchTwice(() => Promise.reject(new Error('broken')));
      await expect(turn.next()).rejects.toThrow('broken');
      expect(told).toEqual(['inner over', 'outer over']);
    });

    it('leaves nothing to read in the inner one', async () => {
      const { turn, inner } = watchTwice(twoBatches);
      await turn.next();
      expect(await inner.next()).toEqual({ done: true, value: undefined });
    });
  });
});

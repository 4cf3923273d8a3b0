import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import { Fault } from '../../src/core/fault.js';
import { WorkerCapacity } from '../../src/thrum/sessions/worker-capacity.js';

/** A model is named by the kinds of its workers: `claude-cli,x` has workers of two. */
const KEEPS = 'claude-cli';
const OTHER = 'plain';
const UNLIMITED = 'boundless';

/** Rooms with sessions that are kept and turns that are parked, of which those that are let go are told. */
function startRooms(turnsPerWorker: Readonly<Record<string, number>>, maxQueuedTurns = 100) {
  const kept: string[] = [];
  const parked: string[] = [];
  const events: string[] = [];
  const rooms: WorkerCapacity = new WorkerCapacity({
    limits: { turnsPerWorker, maxQueuedTurns, queueTimeoutMs: 1_000 },
    kindsOf: (modelId) => modelId.split(','),
    letGoKept: (isMeant) => {
      const sid = kept.find(isMeant);
      if (sid === undefined) return false;
      kept.splice(kept.indexOf(sid), 1);
      events.push(`let go ${sid}`);
      rooms.ending(sid);
      rooms.free(sid);
      return true;
    },
    endParked: (isMeant) => {
      const sid = parked.find(isMeant);
      if (sid === undefined) return;
      parked.splice(parked.indexOf(sid), 1);
      events.push(`ended ${sid}`);
      rooms.leaving(sid, false);
    },
  });
  /** True if it had a room at once. */
  const take = (sid: string, model: string, signal = new TurnAbort()): boolean => {
    const room = rooms.take(sid, model, signal);
    if (room === undefined) events.push(`${sid} in`);
    else
      room.then(
        () => events.push(`${sid} in`),
        (error: unknown) => events.push(`${sid} ${Fault.from(error).code}`),
      );
    return room === undefined;
  };
  /** Events since the last look. */
  const seen = async () => {
    await vi.advanceTimersByTimeAsync(0);
    return events.splice(0);
  };
  return { rooms, take, kept, parked, seen };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  return () => void vi.useRealTimers();
});

describe('a room', () => {
  it('is not needed at kinds without a limit, and is taken once by a sid', async () => {
    const { rooms, take } = startRooms({ [OTHER]: 1 });
    expect(take('a', UNLIMITED)).toBe(true);
    expect(rooms.taken).toBe(0);
    for (const _ of [1, 2]) expect(take('b', OTHER)).toBe(true);
    expect(rooms.taken).toBe(1);
    rooms.free('b');
    expect(take('c', OTHER)).toBe(true);
    expect(rooms.taken).toBe(1);
  });

  it('is had at kinds of which only some have a limit', async () => {
    const { rooms, take, seen } = startRooms({ [OTHER]: 1 });
    take('a', `${OTHER},${UNLIMITED}`);
    take('b', `${OTHER},${UNLIMITED}`);
    expect(await seen()).toEqual(['a in']);
    rooms.free('a');
    expect(await seen()).toEqual(['b in']);
  });

  it('of a sid that has none is neither left, nor ended, nor given back', () => {
    const { rooms } = startRooms({ [OTHER]: 1 });
    rooms.leaving('a', true);
    rooms.ending('a');
    rooms.free('a');
    expect(rooms.taken).toBe(0);
  });
});

describe('turns that wait', () => {
  it('are not overtaken by a new one, nor by one behind them that needs the same kind', async () => {
    const { rooms, take, seen } = startRooms({ x: 1, y: 1 });
    take('a', 'x');
    take('b', 'y');
    take('both', 'x,y');
    rooms.free('a');
    take('c', 'x');
    expect(await seen()).toEqual(['a in', 'b in']);
    expect(rooms.waiting).toBe(2);
    rooms.free('b');
    expect(await seen()).toEqual(['both in']);
    rooms.free('both');
    expect(await seen()).toEqual(['c in']);
  });

  it('are overtaken by what needs another kind', async () => {
    const { take, seen } = startRooms({ x: 1, y: 1 });
    take('a', 'x');
    take('b', 'x');
    expect(take('c', 'y')).toBe(true);
    expect(await seen()).toEqual(['a in', 'c in']);
  });

  it('go on when the one that they stand behind leaves', async () => {
    const { rooms, take, seen } = startRooms({ x: 1, y: 1 });
    take('a', 'x');
    take('b', 'y');
    const signal = new TurnAbort();
    take('both', 'x,y', signal);
    take('c', 'x');
    rooms.free('a');
    expect(await seen()).toEqual(['a in', 'b in']);
    signal.abort();
    expect(await seen()).toEqual(['both client-left', 'c in']);
  });
});

describe('what is only kept', () => {
  it('is let go, one for each turn that waits, before a parked turn is ended', async () => {
    const { take, kept, parked, seen } = startRooms({ [OTHER]: 3 });
    for (const sid of ['k', 'k2', 'p']) take(sid, OTHER);
    kept.push('k', 'k2');
    parked.push('p');
    await seen();
    take('a', OTHER);
    expect(await seen()).toEqual(['let go k', 'a in']);
  });

  it('is let go for a turn that waits already, as soon as it is only kept', async () => {
    const { rooms, take, kept, parked, seen } = startRooms({ [OTHER]: 3 });
    for (const sid of ['k', 'k2', 'p', 'a']) take(sid, OTHER);
    kept.push('k', 'k2');
    parked.push('p');
    expect(await seen()).toEqual(['k in', 'k2 in', 'p in']);
    rooms.becameIdle();
    expect(await seen()).toEqual(['let go k', 'a in']);
  });

  it('of other kinds stays', async () => {
    const { take, kept, parked, seen } = startRooms({ x: 1, y: 1 });
    take('k', 'y');
    take('a', 'x');
    kept.push('k');
    parked.push('k');
    take('b', 'x');
    expect(await seen()).toEqual(['k in', 'a in']);
  });

  it('is let go for the next turn, where its process takes its place a while longer', async () => {
    const { rooms, take, kept, seen } = startRooms({ [KEEPS]: 3 });
    for (const sid of ['k', 'k2']) take(sid, KEEPS);
    kept.push('k', 'k2');
    take('a', KEEPS);
    // The next one finds a place that is free already, or will be in a moment: no second one is let go meanwhile.
    expect(await seen()).toEqual(['k in', 'k2 in', 'let go k', 'a in']);
    take('b', KEEPS);
    expect(await seen()).toEqual([]);
    await vi.advanceTimersByTimeAsync(250);
    expect(await seen()).toEqual(['let go k2', 'b in']);
    expect(rooms.taken).toBe(2);
  });
});

describe('a parked turn', () => {
  it('is ended for each turn that waits, and none where there is room of its kind', async () => {
    const { rooms, take, parked, seen } = startRooms({ x: 2, y: 1 });
    for (const sid of ['p', 'p2']) take(sid, 'x');
    take('c', 'y');
    parked.push('p', 'p2');
    rooms.free('p2');
    parked.pop();
    take('both', 'x,y');
    expect(await seen()).toEqual(['p in', 'p2 in', 'c in']);
  });

  it('is not ended while another one of a kind that stops is leaving', async () => {
    const { rooms, take, parked, seen } = startRooms({ [OTHER]: 2 });
    for (const sid of ['p', 'p2']) take(sid, OTHER);
    parked.push('p', 'p2');
    take('a', OTHER);
    take('b', OTHER);
    expect(await seen()).toEqual(['p in', 'p2 in', 'ended p']);
    rooms.free('p');
    expect(await seen()).toEqual(['ended p2', 'a in']);
    rooms.free('p2');
    expect(await seen()).toEqual(['b in']);
  });
});

describe('the process of a turn that was told to stop', () => {
  it('takes its place for 250 ms where its worker keeps processes, 5 s if it was starting, and no time elsewhere', async () => {
    const cases = [
      [OTHER, false, 0],
      [KEEPS, false, 250],
      [KEEPS, true, 5_000],
    ] as const;
    for (const [kind, isStarting, ms] of cases) {
      const { rooms, take, seen } = startRooms({ [kind]: 1 });
      take('a', kind);
      rooms.leaving('a', isStarting);
      rooms.free('a');
      take('b', kind);
      expect(await seen()).toEqual(ms === 0 ? ['a in', 'b in'] : ['a in']);
      if (ms === 0) continue;
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(await seen()).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(await seen()).toEqual(['b in']);
    }
  });

  it('may run on beside others after that, where its worker keeps processes; of more than eight such an end is waited for', async () => {
    const { rooms, take, seen } = startRooms({ [KEEPS]: 1 });
    for (let count = 0; count < 9; count++) {
      take(`${count}`, KEEPS);
      expect(await seen()).toEqual([`${count} in`]);
      rooms.leaving(`${count}`, false);
      await vi.advanceTimersByTimeAsync(250);
    }
    take('late', KEEPS);
    expect(await seen()).toEqual([]);
    rooms.free('4');
    expect(await seen()).toEqual(['late in']);
    const { rooms: others, take: takeOther, seen: seenOthers } = startRooms({ [OTHER]: 1 });
    takeOther('a', OTHER);
    others.leaving('a', false);
    await vi.advanceTimersByTimeAsync(60_000);
    takeOther('b', OTHER);
    expect(await seenOthers()).toEqual(['a in']);
  });

  it('makes place for a turn that waits already', async () => {
    const { rooms, take, seen } = startRooms({ [KEEPS]: 1 });
    for (const sid of ['a', 'b']) take(sid, KEEPS);
    rooms.leaving('a', false);
    expect(await seen()).toEqual(['a in']);
    await vi.advanceTimersByTimeAsync(250);
    expect(await seen()).toEqual(['b in']);
  });

  it('is waited for before another one is ended', async () => {
    const { rooms, take, parked, seen } = startRooms({ [KEEPS]: 2 });
    for (const sid of ['p', 'a']) take(sid, KEEPS);
    parked.push('p');
    rooms.leaving('a', false);
    take('b', KEEPS);
    take('c', KEEPS);
    expect(await seen()).toEqual(['p in', 'a in']);
    await vi.advanceTimersByTimeAsync(250);
    expect(await seen()).toEqual(['ended p', 'b in']);
    await vi.advanceTimersByTimeAsync(250);
    expect(await seen()).toEqual(['c in']);
  });

  it('is waited for no longer than it takes, also if it is gone while that is looked at', async () => {
    for (let before = 0; before < 3; before += 0.1) {
      const { rooms, take, seen } = startRooms({ [KEEPS]: 1 });
      take('a', KEEPS);
      rooms.leaving('a', false);
      rooms.free('a');
      await vi.advanceTimersByTimeAsync(249);
      const now = performance.now.bind(performance);
      let looks = 0;
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() - before + looks++ / 4);
      take('b', KEEPS);
      clock.mockRestore();
      await vi.advanceTimersByTimeAsync(10);
      expect(await seen()).toEqual(['a in', 'b in']);
    }
  });

  it('is looked after by one timer, and by none when nobody waits', async () => {
    const { rooms, take, seen } = startRooms({ [KEEPS]: 2 });
    for (const sid of ['a', 'b']) take(sid, KEEPS);
    rooms.leaving('a', false);
    rooms.free('a');
    const signals = ['c', 'd', 'e'].map((sid) => {
      const signal = new TurnAbort();
      onTestFinished(() => signal.abort());
      take(sid, KEEPS, signal);
      return signal;
    });
    expect(vi.getTimerCount()).toBe(1);
    for (const signal of signals) signal.abort();
    await seen();
    expect([rooms.waiting, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Event, isEnd } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import { BufferBudget } from '../../src/thrum/turn/buffer-budget.js';
import { TurnQueue } from '../../src/thrum/turn/turn-queue.js';

const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, estimated: false };
const text = (value: string): Event => ({ type: 'text-delta', text: value });
const finish: Event = { type: 'finish', reason: 'stop', usage };
const tooSlow = { type: 'fault', fault: { code: 'client-too-slow' } };

/** A queue, and what it told its turn. */
function createQueue(maxBufferBytes: number, budget?: BufferBudget, maxAnswerBytes = 1_000_000) {
  const told: string[] = [];
  const queue = new TurnQueue({
    maxBufferBytes,
    maxAnswerBytes,
    budget,
    onLeave: () => told.push('left'),
    onGivenUp: () => told.push('given up'),
  });
  return { queue, told };
}

const call = (input: string): Event => ({ type: 'tool-call', id: 'c', name: 'f', input });
const thought = (value: string): Event => ({ type: 'reasoning-delta', text: value });

/** What waits in a queue that is known to hold something. */
const take = async (queue: TurnQueue) => (await queue.next()).value ?? [];

describe('TurnQueue', () => {
  it('hands over what came, in order, in one batch for each flush, and then its end', async () => {
    const { queue, told } = createQueue(100);
    const first = queue.next();
    queue.offer(text('a'));
    queue.offer(text('b'));
    queue.flush();
    expect(await first).toEqual({ done: false, value: [text('a'), text('b')] });
    queue.offer(finish);
    expect(await queue.next()).toEqual({ done: false, value: [finish] });
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    expect(told).toEqual([]);
  });

  it('ends without an end event when it is closed, also for a reader that waits', async () => {
    const { queue } = createQueue(100);
    const waiting = queue.next();
    queue.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    queue.offer(text('late'));
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  describe('with a worker that can be held back', () => {
    function createHolding() {
      const told: string[] = [];
      const queue = new TurnQueue({
        maxBufferBytes: 100,
        maxAnswerBytes: 1_000_000,
        holdBack: { hold: () => told.push('hold'), letGo: () => told.push('let go') },
        onLeave: () => told.push('left'),
        onGivenUp: () => told.push('given up'),
      });
      const say = (value: string) => {
        queue.offer(text(value));
        queue.flush();
      };
      return { queue, told, say };
    }

    it('holds it back once from half of the bound on, and lets it go when its reader has read', async () => {
      const { queue, told, say } = createHolding();
      say('x'.repeat(50));
      expect(told).toEqual([]);
      say('y');
      say('y');
      expect(told).toEqual(['hold']);
      await take(queue);
      expect(told).toEqual(['hold', 'let go']);
      await Promise.all([take(queue), say('z'.repeat(90))]);
      expect(told).toEqual(['hold', 'let go']);
    });

    it('takes what it had sent before it heard of that', async () => {
      const { queue, say } = createHolding();
      for (let count = 0; count < 50; count++) say('x'.repeat(90));
      expect(await take(queue)).toHaveLength(50);
    });

    it.each(['return', 'drop'] as const)('lets it go where nobody reads any more: %s', async (end) => {
      const { queue, told, say } = createHolding();
      say('x'.repeat(90));
      await queue[end]();
      expect(told.slice(0, 2)).toEqual(['hold', 'let go']);
    });

    it('does not hold back one that is through', () => {
      const { queue, told } = createHolding();
      queue.offer(text('x'.repeat(90)));
      queue.offer(finish);
      queue.flush();
      expect(told).toEqual([]);
    });
  });

  it('tells its turn of a reader that leaves before the end, and only then', async () => {
    const { queue, told } = createQueue(100);
    await queue.return();
    expect(told).toEqual(['left']);
    const whole = createQueue(100);
    whole.queue.offer(finish);
    await whole.queue.return();
    expect(whole.told).toEqual([]);
  });

  it('replaces what would not fit by a fault that ends the turn, and keeps all that came before', async () => {
    const { queue } = createQueue(10);
    for (const value of ['12345', 'é23456', 'x']) queue.offer(text(value));
    expect(queue.ended).toBe(true);
    expect(await take(queue)).toMatchObject([text('12345'), tooSlow]);
  });

  it('takes one event that is larger than the bound by itself, and the bound besides, but no second one', async () => {
    const { queue } = createQueue(10);
    for (const value of ['x'.repeat(100), '1234567890']) queue.offer(text(value));
    expect([queue.ended, queue.waitingBytes]).toEqual([false, 110]);
    queue.offer(text('y'.repeat(11)));
    expect(await take(queue)).toMatchObject([text('x'.repeat(100)), text('1234567890'), tooSlow]);
    const { queue: other } = createQueue(10);
    for (let round = 0; round < 2; round++) {
      other.offer(text('x'.repeat(100)));
      await take(other);
    }
    expect(other.ended).toBe(false);
    for (let round = 0; round < 2; round++) other.offer(text('12345678'));
    expect(other.ended).toBe(true);
  });

  it.each<[string, Event, number]>([
    ['text, in UTF-8', text('é'), 2],
    ['reasoning', thought('é'), 2],
    ['the input of a call', call('é'), 2],
    [
      'what ran at the worker',
      { type: 'tool-ran', tool: { server: 's', name: 'f', input: 'é', output: 'ab', isError: false } },
      4,
    ],
    [
      'probabilities',
      {
        type: 'logprobs',
        of: 'text',
        tokens: [{ token: 'a', logprob: 0, top_logprobs: [{ token: 'b', logprob: 0 }] }],
      },
      128,
    ],
    ['signs of life, which are nothing', { type: 'ready' }, 0],
  ])('counts %s', (_, event, bytes) => {
    const { queue } = createQueue(1_000);
    queue.offer(event);
    expect(queue.waitingBytes).toBe(bytes);
  });

  it('hands over what is put in front of all that waits with the rest', async () => {
    const { queue } = createQueue(100);
    queue.offer(text('a'));
    queue.offerFirst({ type: 'ready' });
    expect(await take(queue)).toEqual([{ type: 'ready' }, text('a')]);
  });

  it('hands nothing to a reader that waits while nothing has come, and each batch once', async () => {
    const { queue } = createQueue(100);
    const waiting = queue.next();
    queue.flush();
    queue.offer(text('a'));
    queue.flush();
    queue.offer(text('b'));
    queue.flush();
    expect(await waiting).toEqual({ done: false, value: [text('a')] });
    expect(await take(queue)).toEqual([text('b')]);
  });

  it('drops what waits, and hands over what comes later', async () => {
    const { queue } = createQueue(100);
    queue.offer(text('a'));
    queue.drop();
    expect(queue.waitingBytes).toBe(0);
    queue.offer(finish);
    expect(await take(queue)).toEqual([finish]);
  });

  it('joins pieces of one kind once very many wait, and neither over anything else, nor over a break, nor of what is few', async () => {
    const { queue } = createQueue(100_000);
    const piece = (at: number) => text(String(at % 10));
    const lineBreak: Event = { type: 'text-delta', text: '\n\n', isBreak: true };
    for (let at = 0; at < 1_024; at++) queue.offer(piece(at));
    queue.flush();
    const few = await take(queue);
    expect(few).toHaveLength(1_024);
    const others = [lineBreak, thought('a'), thought('b'), call('{}'), text('x')];
    for (const event of [...few, ...others]) queue.offer(event);
    queue.flush();
    const whole = few.map((event) => ('text' in event ? event.text : '')).join('');
    expect(await take(queue)).toEqual([text(whole), lineBreak, thought('ab'), call('{}'), text('x')]);
  });

  it('joins pieces again only when twice as many have come: the cost of each stays the same', async () => {
    const { queue } = createQueue(1_000_000);
    const alternating = (at: number) => (at % 2 === 0 ? text('a') : thought('b'));
    for (let at = 0; at < 1_025; at++) queue.offer(alternating(at));
    queue.flush();
    for (let at = 0; at < 2_000; at++) queue.offer(text('a'));
    queue.flush();
    expect((await take(queue)).length).toBe(1_025 + 2_000);
  });

  it('counts only what still waits', async () => {
    const { queue } = createQueue(10);
    for (let round = 0; round < 5; round++) {
      queue.offer(text('12345678'));
      expect(await take(queue)).toEqual([text('12345678')]);
    }
  });

  it('ends exactly once, with nothing behind the end, whatever is offered', async () => {
    const anyEvent = fc.oneof(
      fc.string({ minLength: 1 }).map(text),
      fc.constant(finish),
      fc.constant<Event>({ type: 'fault', fault: new Fault('worker-error', 'x') }),
      fc.constant<Event>({ type: 'ready' }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 1 }),
        fc.array(fc.boolean()),
        async (events, takes) => {
          const { queue } = createQueue(40);
          const taken: Event[] = [];
          for (const [index, event] of events.entries()) {
            const hadEnd = queue.ended;
            queue.offer(event);
            if (takes[index] && !hadEnd) taken.push(...(await take(queue)));
          }
          queue.close();
          taken.push(...(await take(queue)));
          const ends = taken.filter(isEnd);
          expect(ends.length).toBeLessThanOrEqual(1);
          expect(queue.ended).toBe(ends.length === 1);
          if (ends.length === 1) expect(taken.at(-1)).toBe(ends[0]);
        },
      ),
    );
  });
});

describe('what is kept of an answer', () => {
  const tooLong = { type: 'fault', fault: { code: 'worker-error', message: /more than 200 bytes/ } };

  it('is bounded, read or not, where all of it is kept, and for its calls where it is not', async () => {
    for (const [isHeld, event] of [
      [true, text('x'.repeat(44))],
      [false, call('x'.repeat(44))],
    ] as const) {
      const { queue } = createQueue(1_000, undefined, 200);
      queue.isHeld = isHeld;
      for (let round = 0; round < 2; round++) {
        queue.offer(event);
        await take(queue);
      }
      expect(queue.ended).toBe(false);
      queue.offer(event);
      expect(await take(queue)).toMatchObject([
        { ...tooLong, fault: { ...tooLong.fault, message: expect.stringMatching(tooLong.fault.message) } },
      ]);
      expect(queue.ended).toBe(true);
    }
    const { queue: free } = createQueue(1_000, undefined, 200);
    for (let round = 0; round < 20; round++) {
      free.offer(text('x'.repeat(44)));
      await take(free);
    }
    expect(free.ended).toBe(false);
  });

  /** Held queues whose answers together may be so large. */
  function heldQueues(maxTotalBufferBytes: number, count: number) {
    const kept = new BufferBudget({ maxTotalBufferBytes });
    const budget = new BufferBudget({ maxTotalBufferBytes: 10_000_000 }, kept);
    const all = Array.from({ length: count }, () => createQueue(10_000_000, budget));
    for (const { queue } of all) queue.isHeld = true;
    return { kept, budget, all };
  }

  const LARGE = 2 ** 16;

  it('counts for all answers together as long as it is kept, once it is large, and ends the largest above that', async () => {
    const { kept, all } = heldQueues(3 * LARGE, 3);
    const [small, one, other] = all;
    if (small === undefined || one === undefined || other === undefined) return expect.fail();
    small.queue.offer(text('x'.repeat(LARGE - 56)));
    small.queue.flush();
    expect(kept.bytes).toBe(0);
    one.queue.offer(text('x'.repeat(LARGE)));
    one.queue.flush();
    expect(kept.bytes).toBe(LARGE + 56);
    await take(one.queue);
    one.queue.offer(text('y'));
    one.queue.flush();
    expect(kept.bytes).toBe(LARGE + 56 + 57);
    other.queue.offer(text('x'.repeat(2 * LARGE)));
    other.queue.flush();
    expect([one.told, other.told, kept.bytes]).toEqual([[], ['given up'], LARGE + 56 + 57]);
    expect(await take(other.queue)).toMatchObject([
      {
        type: 'fault',
        fault: { code: 'worker-error', message: expect.stringMatching(/all answers together/) },
      },
    ]);
    one.queue.offer(finish);
    one.queue.flush();
    await take(one.queue);
    expect(kept.bytes).toBe(0);
  });

  it('counts until it has been read, and anew after it was dropped', async () => {
    const { kept, all } = heldQueues(10 * LARGE, 1);
    const queue = all[0]?.queue ?? expect.fail();
    for (const size of [LARGE, LARGE + 1]) {
      queue.offer(text('x'.repeat(size)));
      queue.flush();
      expect(kept.bytes).toBe(size + 56);
      if (size === LARGE) queue.drop();
    }
    queue.close();
    expect(kept.bytes).toBe(LARGE + 57);
  });

  it('may be large where nothing counts for all together', async () => {
    const { queue } = createQueue(10);
    queue.isHeld = true;
    queue.offer(text('x'.repeat(LARGE)));
    queue.flush();
    expect(await take(queue)).toHaveLength(1);
  });

  it('is given back when its end is read, when its reader leaves, when it is dropped, and when it is closed', async () => {
    const ends: readonly ((queue: TurnQueue) => unknown)[] = [
      async (queue) => {
        queue.offer(finish);
        queue.flush();
        await take(queue);
      },
      (queue) => queue.return(),
      (queue) => queue.drop(),
      async (queue) => {
        queue.close();
        await take(queue);
      },
      async (queue) => {
        await take(queue);
        queue.close();
      },
    ];
    for (const end of ends) {
      const { kept, budget, all } = heldQueues(10 * LARGE, 1);
      const queue = all[0]?.queue ?? expect.fail();
      queue.offer(text('x'.repeat(LARGE)));
      queue.flush();
      expect(kept.bytes).toBe(LARGE + 56);
      await end(queue);
      expect([kept.bytes, budget.bytes]).toEqual([0, 0]);
    }
    return undefined;
  });
});

/** Queues that share so many bytes. */
function queuesSharing(maxTotalBufferBytes: number, count: number) {
  const budget = new BufferBudget({ maxTotalBufferBytes });
  const all = Array.from({ length: count }, () => createQueue(1_000, budget));
  return { budget, queues: all.map(({ queue }) => queue), told: all.map(({ told }) => told) };
}

/** Offers text that no reader is there to take. */
function offer(queue: TurnQueue | undefined, value: string) {
  queue?.offer(text(value));
  queue?.flush();
}

describe('what all queues together may hold', () => {
  it('ends the one that holds most, whichever was offered more, and forgets what it held', async () => {
    const { budget, queues, told } = queuesSharing(20, 3);
    const [small, large, other] = queues;
    offer(small, '12345');
    offer(large, '1234567890');
    offer(other, '123456');
    expect([told, budget.bytes]).toEqual([[[], ['given up'], []], 11]);
    offer(large, 'more');
    expect(large && (await take(large))).toMatchObject([tooSlow]);
    expect(small && (await take(small))).toEqual([text('12345')]);
  });

  it('does not count what is taken at once', async () => {
    const { budget, queues } = queuesSharing(20, 1);
    const [queue = expect.fail()] = queues;
    queue.offer(text('x'.repeat(21)));
    expect(budget.bytes).toBe(0);
    expect(await take(queue)).toEqual([text('x'.repeat(21))]);
    const waiting = queue.next();
    offer(queue, 'y'.repeat(21));
    expect((await waiting).value).toEqual([text('y'.repeat(21))]);
  });

  it('is the sum of what waits, and never more than the limit, whatever comes and goes', () => {
    const steps = fc.record({ at: fc.nat({ max: 3 }), bytes: fc.nat({ max: 30 }), drops: fc.boolean() });
    fc.assert(
      fc.property(fc.array(steps), (all) => {
        const { budget, queues } = queuesSharing(60, 4);
        for (const { at, bytes, drops } of all) {
          offer(queues[at], 'x'.repeat(bytes));
          if (drops) queues[at]?.drop();
          expect(budget.bytes).toBe(queues.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0));
          expect(budget.bytes).toBeLessThanOrEqual(60);
        }
        for (const queue of queues) queue.drop();
        expect(budget.bytes).toBe(0);
      }),
    );
  });
});

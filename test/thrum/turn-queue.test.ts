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
function createQueue(maxBufferBytes: number, budget?: BufferBudget) {
  const told: string[] = [];
  const queue = new TurnQueue({
    maxBufferBytes,
    maxAnswerBytes: 1_000_000,
    budget,
    onLeave: () => told.push('left'),
    onGivenUp: () => told.push('given up'),
  });
  return { queue, told };
}

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
    queues[0]?.offer(text('x'.repeat(21)));
    expect(budget.bytes).toBe(0);
    expect(queues[0] && (await take(queues[0]))).toEqual([text('x'.repeat(21))]);
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

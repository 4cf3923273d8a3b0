import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferBudget } from '../../src/thrum/turn/buffer-budget.js';
import type { Event } from '../../src/core/event.js';
import { TurnBuffer } from '../../src/thrum/turn/turn-buffer.js';

const text = (value: string): Event => ({ type: 'text-delta', text: value });

/** Buffers that share so many bytes, and which of them were given up. */
function buffersSharing(maxTotalBufferBytes: number, count: number) {
  const budget = new BufferBudget({ maxTotalBufferBytes });
  const givenUp: number[] = [];
  const buffers = Array.from(
    { length: count },
    (_, index) => new TurnBuffer(1_000, { budget, onGivenUp: () => givenUp.push(index) }),
  );
  return { budget, buffers, givenUp };
}

/** Offers text that nobody is there to take. */
function offer(buffer: TurnBuffer | undefined, value: string) {
  const offered = buffer?.offer(text(value));
  buffer?.hold();
  return offered;
}

describe('what all buffers together may hold', () => {
  it('ends the one that holds most, whoever was offered more, and forgets what it held', () => {
    const { budget, buffers, givenUp } = buffersSharing(20, 3);
    const [small, large, other] = buffers;
    offer(small, '12345');
    offer(large, '1234567890');
    expect(offer(other, '123456')).toBe('kept');
    expect([givenUp, budget.bytes]).toEqual([[1], 11]);
    expect(large?.offer(text('more'))).toBe('late');
    expect(large?.take()).toMatchObject([{ type: 'fault', fault: { code: 'client-too-slow' } }]);
    expect(small?.take()).toEqual([text('12345')]);
  });

  it('tells the one that was offered more if that is it', () => {
    const { buffers, givenUp } = buffersSharing(20, 1);
    expect(offer(buffers[0], 'x'.repeat(21))).toBe('kept');
    expect(givenUp).toEqual([0]);
    expect(buffers[0]?.take()).toMatchObject([{ type: 'fault', fault: { code: 'client-too-slow' } }]);
  });

  it('does not count what is taken at once', () => {
    const { budget, buffers, givenUp } = buffersSharing(20, 1);
    buffers[0]?.offer(text('x'.repeat(21)));
    expect(budget.bytes).toBe(0);
    expect(buffers[0]?.take()).toEqual([text('x'.repeat(21))]);
    expect([givenUp, budget.bytes]).toEqual([[], 0]);
  });

  it('is the sum of what waits, and never more than the limit, whatever comes and goes', () => {
    const step = fc.record({ at: fc.nat({ max: 3 }), bytes: fc.nat({ max: 30 }), takes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { budget, buffers } = buffersSharing(60, 4);
        for (const { at, bytes, takes } of steps) {
          offer(buffers[at], 'x'.repeat(bytes));
          if (takes) buffers[at]?.take();
          expect(budget.bytes).toBe(buffers.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0));
          expect(budget.bytes).toBeLessThanOrEqual(60);
        }
        for (const buffer of buffers) buffer.take();
        expect(budget.bytes).toBe(0);
      }),
    );
  });
});

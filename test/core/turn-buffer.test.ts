import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Event, isEnd } from '../../src/core/event.js';
import { Fault } from '../../src/core/fault.js';
import { TurnBuffer } from '../../src/thrum/turn/turn-buffer.js';

const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, estimated: false };
const text = (value: string): Event => ({ type: 'text-delta', text: value });
const finish: Event = { type: 'finish', reason: 'stop', usage };

describe('TurnBuffer', () => {
  it('hands over what came, in order, and is empty afterwards', () => {
    const buffer = new TurnBuffer(100);
    buffer.offer(text('a'));
    buffer.offer(finish);
    expect(buffer.take()).toEqual([text('a'), finish]);
    expect(buffer.isEmpty).toBe(true);
    expect(buffer.take()).toEqual([]);
  });

  it('replaces what would not fit by a fault that ends the turn, and keeps all that came before', () => {
    const buffer = new TurnBuffer(10);
    expect(buffer.offer(text('12345'))).toBe('kept');
    expect(buffer.offer(text('é23456'))).toBe('overflow');
    expect(buffer.offer(text('x'))).toBe('late');
    const [kept, end] = buffer.take();
    expect(kept).toEqual(text('12345'));
    expect(end).toMatchObject({ type: 'fault', fault: { code: 'client-too-slow' } });
  });

  it('counts only what still waits', () => {
    const buffer = new TurnBuffer(10);
    for (let round = 0; round < 5; round++) {
      expect(buffer.offer(text('12345678'))).toBe('kept');
      buffer.take();
    }
  });

  it('ends exactly once, with nothing behind the end, whatever is offered', () => {
    const anyEvent = fc.oneof(
      fc.string().map(text),
      fc.constant(finish),
      fc.constant<Event>({ type: 'fault', fault: new Fault('worker-error', 'x') }),
      fc.constant<Event>({ type: 'ready' }),
    );
    fc.assert(
      fc.property(fc.array(anyEvent), fc.array(fc.boolean()), (events, takes) => {
        const buffer = new TurnBuffer(40);
        const taken: Event[] = [];
        events.forEach((event, index) => {
          buffer.offer(event);
          if (takes[index]) taken.push(...buffer.take());
        });
        taken.push(...buffer.take());
        const ends = taken.filter(isEnd);
        expect(ends.length).toBeLessThanOrEqual(1);
        expect(buffer.ended).toBe(ends.length === 1);
        if (ends.length === 1) expect(taken.at(-1)).toBe(ends[0]);
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CallQueue } from '../../src/threads/call-queue.js';

interface Call {
  readonly name: string;
  readonly caller: string;
  readonly goesFirst: boolean;
}

/** `a1` is a call of a, `a1!` one that goes first. */
function toCall(name: string): Call {
  return { name, caller: name.charAt(0), goesFirst: name.endsWith('!') };
}

function fill(maxCalls: number, names: string): CallQueue<Call> {
  const queue = new CallQueue<Call>(maxCalls);
  for (const call of names.split(' ').map(toCall)) expect(queue.add(call.caller, call)).toBeUndefined();
  return queue;
}

function drain(queue: CallQueue<Call>): string {
  const names: string[] = [];
  for (let next = queue.take(() => true); next; next = queue.take(() => true)) names.push(next[1].name);
  return names.join(' ');
}

test.each([
  ['callers take turns', 'a1 a2 a3 b1 b2 c1', 'a1 b1 c1 a2 b2 a3'],
  ["a call that goes first goes before its caller's others", 'a1 a2 b1 a3! a4! b2!', 'a3! b2! a4! b1 a1 a2'],
  [
    'the others of its caller are not kept waiting for ever',
    'a1 a2 a3! a4! a5! a6! a7! a8!',
    'a3! a4! a5! a6! a1 a7! a8! a2',
  ],
])('%s', (_, added, taken) => {
  expect(drain(fill(20, added))).toBe(taken);
});

test.each([
  ['who has most gives up the newest', 'a1 a2 a3 b1', 'b2', 'a3', 'a1 b1 a2 b2'],
  ['not for a caller that would then have as many', 'a1 a2 b1 b2', 'b3', 'b3', 'a1 b1 a2 b2'],
  ['for a call that goes first too', 'a1 b1 b2 b3', 'a2!', 'b3', 'a2! b1 a1 b2'],
  ['else it takes the place of the newest other of its own caller', 'a1 b1 b2', 'a2!', 'a1', 'a2! b1 b2'],
  [
    'or of the caller that has most of those with others',
    'a1! a2! a3! c1 c2',
    'b1!',
    'c2',
    'a1! c1 b1! a2! a3!',
  ],
  ['which gives way to other calls too', 'a1! a2! a3! a4! c1 c2', 'd1', 'c2', 'a1! c1 d1 a2! a3! a4!'],
  ['of callers that have as many, the last in turn', 'a1 b1 c1', 'd1!', 'c1', 'a1 b1 d1!'],
  ['which is not asked for a caller that has more', 'a1! a2! b1', 'a3!', 'a3!', 'a1! b1 a2!'],
  ['calls that go first give way where nothing else can', 'a1! a2! a3!', 'b1', 'a3!', 'a1! b1 a2!'],
  ['and to each other', 'a1! a2! a3!', 'b1!', 'a3!', 'a1! b1! a2!'],
  ['but not those of a caller that has its share', 'a1! b1!', 'c1!', 'c1!', 'a1! b1!'],
])('a full queue: %s (%s, then %s)', (_, waiting, name, refused, taken) => {
  const queue = fill(waiting.split(' ').length, waiting);
  const call = toCall(name);
  expect(queue.add(call.caller, call)?.name).toBe(refused);
  expect(drain(queue)).toBe(taken);
});

test('a call is removed once, wherever it stands', () => {
  const queue = new CallQueue<Call>(5);
  const calls = ['a1', 'a2!', 'a3', 'b1'].map(toCall);
  for (const call of calls) queue.add(call.caller, call);
  for (const call of calls.filter(({ name }) => name !== 'a1')) {
    queue.remove(call.caller, call);
    queue.remove(call.caller, call);
  }
  queue.remove('c', toCall('c1'));
  expect(queue.length).toBe(1);
  expect(drain(queue)).toBe('a1');
});

test('whatever is added, removed and taken: no call is lost, and each caller has its share of room and turns', () => {
  const callers = fc.constantFrom('a', 'b', 'c', 'd');
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ add: callers, goesFirst: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ take: fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }) }) },
      { weight: 1, arbitrary: fc.record({ remove: fc.nat() }) },
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), steps, (maxCalls, given) => {
      const queue = new CallQueue<Call>(maxCalls);
      let waiting: Call[] = [];
      /** When each caller last had its turn, or came into the queue. */
      const turns = new Map<string, number>();
      /** How many that go first each caller has begun one after the other, and how many of them while others waited. */
      const inARow = new Map<string, number>();
      const overtaken = new Map<string, number>();
      const of = (caller: string) => waiting.filter((call) => call.caller === caller);
      given.forEach((step, at) => {
        if ('add' in step) {
          const call = { name: `${step.add}${at}`, caller: step.add, goesFirst: step.goesFirst };
          const isFull = waiting.length === maxCalls;
          if (of(call.caller).length === 0) turns.set(call.caller, at);
          const refused = queue.add(call.caller, call);
          waiting.push(call);
          expect(refused !== undefined).toBe(isFull);
          if (refused !== undefined) {
            expect(waiting).toContain(refused);
            // The newest of its kind.
            expect(of(refused.caller).findLast(({ goesFirst }) => goesFirst === refused.goesFirst)).toBe(
              refused,
            );
            waiting = waiting.filter((other) => other !== refused);
            const [left, own] = [of(refused.caller).length, of(call.caller).length];
            if (refused.caller !== call.caller)
              expect(left).toBeGreaterThanOrEqual(own - (call.goesFirst ? 1 : 0));
            else if (refused === call) {
              // Nobody has more than one more than this caller.
              for (const other of waiting) expect(of(other.caller).length).toBeLessThanOrEqual(own + 1);
            }
            if (refused !== call && refused.goesFirst) {
              const others = waiting.filter((other) => !other.goesFirst && of(other.caller).length > own);
              expect(others).toEqual([]);
            }
          }
        } else if ('take' in step) {
          const next = queue.take((caller) => step.take.includes(caller));
          const able = [...new Set(waiting.map((call) => call.caller))].filter((name) =>
            step.take.includes(name),
          );
          if (next === undefined) {
            expect(able).toEqual([]);
            return;
          }
          const [caller, call] = next;
          expect(able).toContain(caller);
          for (const other of able) expect(turns.get(caller)).toBeLessThanOrEqual(turns.get(other) ?? -1);
          turns.set(caller, at);
          expect(of(caller).find(({ goesFirst }) => goesFirst === call.goesFirst)).toBe(call);
          waiting = waiting.filter((other) => other !== call);
          const isOvertaking = call.goesFirst && of(caller).some(({ goesFirst }) => !goesFirst);
          overtaken.set(caller, isOvertaking ? (overtaken.get(caller) ?? 0) + 1 : 0);
          expect(overtaken.get(caller)).toBeLessThanOrEqual(4);
          // Another one goes before those that go first when they have had their row.
          if (!call.goesFirst && of(caller).some(({ goesFirst }) => goesFirst)) {
            expect(inARow.get(caller)).toBeGreaterThanOrEqual(4);
          }
          inARow.set(caller, call.goesFirst ? (inARow.get(caller) ?? 0) + 1 : 0);
        } else {
          const call = waiting[step.remove % waiting.length];
          if (call === undefined) return;
          queue.remove(call.caller, call);
          waiting = waiting.filter((other) => other !== call);
        }
        expect(queue.length).toBe(waiting.length);
      });
      expect(drain(queue).split(' ').filter(Boolean).toSorted()).toEqual(
        waiting.map(({ name }) => name).toSorted(),
      );
    }),
  );
});

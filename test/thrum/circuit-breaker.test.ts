import { describe, expect, it } from 'vitest';
import { type BreakerState, CircuitBreaker } from '../../src/thrum/link/circuit-breaker.js';

const COSTLY = false;
const CHEAP = true;
/** The longest pauses: no jitter takes anything off them. */
const longest = () => 1;

type Step =
  | { readonly fail: number; readonly isCheap?: boolean }
  | { readonly succeed: true }
  | { readonly ask: number; readonly inHurry?: boolean; readonly passes: boolean };

const table: readonly (readonly [string, readonly Step[], BreakerState])[] = [
  [
    'lets everything through at first',
    [
      { ask: 0, passes: true },
      { ask: 0, passes: true },
    ],
    'closed',
  ],
  ['stays closed after two failures', [{ fail: 0 }, { fail: 0 }, { ask: 0, passes: true }], 'closed'],
  ['opens at the third', [{ fail: 0 }, { fail: 0 }, { fail: 0 }, { ask: 399, passes: false }], 'open'],
  [
    'forgets failures at a success',
    [{ fail: 0 }, { fail: 0 }, { succeed: true }, { fail: 0 }, { fail: 0 }, { ask: 0, passes: true }],
    'closed',
  ],
  [
    'lets exactly one through at the end of its pause',
    [{ fail: 0 }, { fail: 0 }, { fail: 0 }, { ask: 400, passes: true }, { ask: 9_999, passes: false }],
    'half-open',
  ],
  [
    'closes when that one succeeds',
    [
      { fail: 0 },
      { fail: 0 },
      { fail: 0 },
      { ask: 400, passes: true },
      { succeed: true },
      { ask: 400, passes: true },
    ],
    'closed',
  ],
  [
    'opens for twice as long when that one fails',
    [
      { fail: 0 },
      { fail: 0 },
      { fail: 0 },
      { ask: 400, passes: true },
      { fail: 400 },
      { ask: 1_199, passes: false },
      { ask: 1_200, passes: true },
    ],
    'half-open',
  ],
  [
    'lets a hurried one through before the end of the pause where nobody was there, but never two',
    [
      { fail: 0, isCheap: CHEAP },
      { fail: 0, isCheap: CHEAP },
      { fail: 0, isCheap: CHEAP },
      { ask: 1, passes: false },
      { ask: 1, inHurry: true, passes: true },
      { ask: 1, inHurry: true, passes: false },
    ],
    'half-open',
  ],
  [
    'lets nobody hurry where somebody was there',
    [{ fail: 0 }, { fail: 0 }, { fail: 0 }, { ask: 1, inHurry: true, passes: false }],
    'open',
  ],
];

describe('a circuit breaker', () => {
  it.each(table)('%s', (_, steps, state) => {
    const breaker = new CircuitBreaker(longest);
    for (const step of steps) {
      if ('fail' in step) breaker.fail(step.fail, step.isCheap ?? COSTLY);
      else if ('succeed' in step) breaker.succeed();
      else expect([step, breaker.tryPass(step.ask, step.inHurry ?? false)]).toEqual([step, step.passes]);
    }
    expect(breaker.state).toBe(state);
  });

  it('pauses for longer and longer, up to 5 s, and says until when', () => {
    const breaker = new CircuitBreaker(longest);
    const pauses: number[] = [];
    for (let failures = 1; failures <= 9; failures++) {
      breaker.fail(0, COSTLY);
      pauses.push(breaker.passesAt(0));
    }
    expect(pauses).toEqual([0, 0, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  });

  it('takes up to half of a pause off, by chance', () => {
    const breaker = new CircuitBreaker(() => 0);
    for (let failures = 1; failures <= 3; failures++) breaker.fail(1_000, COSTLY);
    expect(breaker.passesAt(1_000)).toBe(1_200);
    expect(breaker.passesAt(1_300)).toBe(1_300);
  });

  it('has no time to tell while the one try is under way', () => {
    const breaker = new CircuitBreaker(longest);
    for (let failures = 1; failures <= 3; failures++) breaker.fail(0, COSTLY);
    breaker.tryPass(400, false);
    expect(breaker.passesAt(400)).toBe(Number.POSITIVE_INFINITY);
  });
});

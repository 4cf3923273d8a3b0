import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TurnGate } from '../../src/turns/turn-gate.js';

const never = new AbortController().signal;
const limits = (maxTurns: number, maxQueuedTurns = 100, queueTimeoutMs = 10_000) => ({
  maxTurns,
  maxQueuedTurns,
  queueTimeoutMs,
});

/** Lets everybody go on who can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a gate for turns', () => {
  it('lets the next one in when one leaves, first come first', async () => {
    const gate = new TurnGate(limits(1));
    const order: string[] = [];
    const leave = await gate.enter(never);
    const others = ['first', 'second'].map(async (name) => {
      const leaveAgain = await gate.enter(never);
      order.push(name);
      return leaveAgain;
    });
    await settle();
    expect([order, gate.waiting]).toEqual([[], 2]);
    leave();
    (await others[0])?.();
    await others[1];
    expect([order, gate.inside, gate.waiting]).toEqual([['first', 'second'], 1, 0]);
  });

  it('counts a place that is given back twice once', async () => {
    const gate = new TurnGate(limits(2));
    const leave = await gate.enter(never);
    await gate.enter(never);
    leave();
    leave();
    expect(gate.inside).toBe(1);
  });

  it('is busy for one who finds the line full, at once', async () => {
    const gate = new TurnGate(limits(1, 1));
    await gate.enter(never);
    void gate.enter(never);
    await expect(gate.enter(never)).rejects.toMatchObject({ code: 'busy', retryAfterSeconds: 1 });
  });

  it('is busy for one who waited for too long, who then waits no more', async () => {
    const gate = new TurnGate(limits(1, 1, 20));
    await gate.enter(never);
    await expect(gate.enter(never)).rejects.toMatchObject({ code: 'busy', message: /within 20 ms/ });
    expect([gate.inside, gate.waiting]).toEqual([1, 0]);
  });

  it('forgets one who leaves the line', async () => {
    const gate = new TurnGate(limits(1));
    const leave = await gate.enter(never);
    const impatient = new AbortController();
    const entering = gate.enter(impatient.signal);
    impatient.abort();
    await expect(entering).rejects.toBe(impatient.signal.reason);
    leave();
    expect([gate.inside, gate.waiting]).toEqual([0, 0]);
    expect(() => gate.enter(impatient.signal)).toThrow(impatient.signal.reason);
  });

  it('goes by the limits of now', async () => {
    const live = limits(1);
    const gate = new TurnGate(live);
    await gate.enter(never);
    const waiting = gate.enter(never);
    live.maxTurns = 3;
    await gate.enter(never);
    await waiting;
    expect([gate.inside, gate.waiting]).toEqual([3, 0]);
  });

  it('never has more inside than it may, is fair, and forgets nobody, whoever comes, leaves or gives up', async () => {
    const step = fc.oneof(
      fc.constant('enter' as const),
      fc.nat({ max: 20 }).map((leaver) => ({ leaver })),
      fc.nat({ max: 20 }).map((quitter) => ({ quitter })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 40 }),
        async (maxTurns, steps) => {
          const gate = new TurnGate(limits(maxTurns, 5));
          const admitted: number[] = [];
          const inside: (() => void)[] = [];
          const quitters: AbortController[] = [];
          let refused = 0;
          let gaveUp = 0;
          let came = 0;
          const enter = () => {
            const number = came++;
            const quitter = new AbortController();
            quitters.push(quitter);
            Promise.resolve(gate.enter(quitter.signal)).then(
              (leave) => {
                admitted.push(number);
                inside.push(leave);
              },
              (reason: unknown) => {
                if (reason === quitter.signal.reason) gaveUp++;
                else refused++;
              },
            );
          };
          for (const what of steps) {
            if (what === 'enter') enter();
            else if ('leaver' in what) inside.splice(what.leaver % (inside.length || 1), 1)[0]?.();
            else quitters[what.quitter]?.abort();
            await settle();
            expect(gate.inside).toBeLessThanOrEqual(maxTurns);
            expect(gate.inside).toBe(inside.length);
            // Nobody waits in front of an empty place.
            if (gate.inside < maxTurns) expect(gate.waiting).toBe(0);
          }
          while (inside.length > 0) {
            inside.shift()?.();
            await settle();
          }
          expect([gate.inside, gate.waiting]).toEqual([0, 0]);
          expect(admitted.length + refused + gaveUp).toBe(came);
          expect(admitted).toEqual([...admitted].sort((one, other) => one - other));
        },
      ),
      { numRuns: 60 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { TokenRate } from '../../src/observe/live-turns.js';

describe('TokenRate', () => {
  it('is the mean over the last seconds', () => {
    let now = 1_000_000;
    const rate = new TokenRate(() => now);
    expect(rate.perSecond).toBe(0);
    for (let tick = 0; tick < 200; tick++) {
      now += 50;
      rate.add(5);
    }
    expect(rate.perSecond).toBeCloseTo(100, -1);
  });

  it('falls to zero when nothing comes any more, however long nobody looks', () => {
    let now = 0;
    const rate = new TokenRate(() => now);
    rate.add(50);
    expect(rate.perSecond).toBe(50);
    now += 4_000;
    expect(rate.perSecond).toBe(12.5);
    now += 3_000;
    expect(rate.perSecond).toBe(0);
    rate.add(10);
    now += 3_600_000;
    expect(rate.perSecond).toBe(0);
  });
});

/** When the sockets that are not in use are looked at. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HealthChecks } from '../../src/thrum/link/health-checks.js';

test('half a minute after the start and after each look, and never once they are closed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let looks = 0;
  const checks = new HealthChecks({
    limits: { socketCheck: 'off' },
    idleSockets: () => {
      looks++;
      return [];
    },
    onHealthy: () => undefined,
  });
  onTestFinished(() => checks.close());
  checks.start();
  // Once started is enough.
  checks.start();
  const seen: number[] = [];
  for (const ms of [29_999, 1, 29_999, 1]) {
    vi.advanceTimersByTime(ms);
    await nextTurn();
    seen.push(looks);
  }
  expect(seen).toEqual([0, 1, 1, 2]);
  checks.close();
  vi.advanceTimersByTime(60_000);
  checks.start();
  vi.advanceTimersByTime(60_000);
  expect(looks).toBe(2);
});

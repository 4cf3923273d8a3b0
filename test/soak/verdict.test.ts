import { expect, it } from 'vitest';
import { judgeMemory } from './verdict.js';

const MIB = 2 ** 20;
const every5s = (rssAt: (second: number) => number) =>
  Array.from({ length: 121 }, (_, number) => ({ second: number * 5, rss: rssAt(number * 5) }));

it('takes memory that warms up and then stays for bounded', () => {
  const samples = every5s((second) => (80 + Math.min(second, 250) / 5 + (second % 35)) * MIB);
  expect(judgeMemory(samples)).toMatchObject({ isBounded: true, least: 130 * MIB, most: 160 * MIB });
});

it('takes memory that keeps growing for unbounded', () => {
  const verdict = judgeMemory(every5s((second) => (80 + second / 15) * MIB));
  expect(verdict.isBounded).toBe(false);
  expect(verdict.growth / MIB).toBeCloseTo(20);
});

it('takes memory that falls for bounded', () => {
  expect(judgeMemory(every5s((second) => (200 - second / 10) * MIB))).toMatchObject({ isBounded: true });
});

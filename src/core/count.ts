/**
 * Which numbers from outside are taken for what they say to be: whatever a worker, a server or Redis writes, these are checked where they
 * come in.
 */

/**
 * No turn has so many tokens, and sums of nine million such turns are still exact. What is beyond is a mistake in counting, and
 * counts as not counted.
 */
export const MAX_COUNT = 1e9;

/** What the turns of one request may have together. */
export const MAX_SUM = 16 * MAX_COUNT;

/** True for a whole number from 0 to `max`: of tokens, of characters, of anything that there cannot be half of. */
export function isCount(value: unknown, max = MAX_COUNT): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
}

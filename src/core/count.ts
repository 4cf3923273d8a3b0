/** Which numbers from outside are counts: of tokens, of characters, of anything that there cannot be half of. */

/**
 * No turn has so many tokens, and sums of nine million such turns are still exact. What is beyond is a mistake of whoever counted, and
 * counts as not counted.
 */
export const MAX_COUNT = 1e9;

/** True for a whole number from 0 to `MAX_COUNT`. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_COUNT;
}

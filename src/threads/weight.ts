/** Guesses how much it takes to copy a value, without looking at more of it than has to be seen. */

/**
 * Where a request begins to be large, in bytes of a body or in characters: what walks all of it holds up every other stream
 * (1,024 tones wait for 20 ms at most). Up to here work is done at once; beyond, in a thread.
 */
export const LARGE = 2 ** 20;

const SCALAR = 8;
const CONTAINER = 16;

/**
 * True if `value` (JSON-like, a tree) weighs more than `limit`: a character weighs one, anything else a few. Stops as soon as
 * that is known.
 */
export function weighsMoreThan(value: unknown, limit: number): boolean {
  return weigh(value, limit) > limit;
}

/** True if work with all of `value` belongs in a thread. */
export function isLarge(value: unknown): boolean {
  return weighsMoreThan(value, LARGE);
}

/** Exact only up to `limit`. */
export function weigh(value: unknown, limit: number): number {
  if (typeof value === 'string') return SCALAR + value.length;
  if (typeof value !== 'object' || value === null) return SCALAR;
  // Bytes are handed over, not copied.
  if (ArrayBuffer.isView(value)) return CONTAINER;
  let weight = CONTAINER;
  if (Array.isArray(value)) {
    for (const child of value) {
      weight += weigh(child, limit - weight);
      if (weight > limit) break;
    }
    return weight;
  }
  for (const [key, child] of Object.entries(value)) {
    weight += key.length + weigh(child, limit - weight);
    if (weight > limit) break;
  }
  return weight;
}

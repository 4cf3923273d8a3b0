/** Bounds how deep a request may nest, before anything walks it: humd drops tones that nest too deep in silence. */

/** Levels of objects and arrays that a request body may have (humd takes about 120, counted from the tone). */
export const MAX_NESTING = 64;

/** True if `value` (parsed JSON) holds objects or arrays in more than `limit` levels. */
export function nestsDeeperThan(value: unknown, limit: number = MAX_NESTING): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  for (const child of Array.isArray(value) ? value : Object.values(value)) {
    if (nestsDeeperThan(child, limit - 1)) return true;
  }
  return false;
}

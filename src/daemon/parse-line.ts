/** What humd's parser makes of a line; what it refuses vanishes without an echo (src/thrum/README.md, "What humd does"). */
import type { Tone } from '../thrum/link/tone-codec.js';

const MAX_NESTING = 120;
/** A shorter line has no room for so many opening and closing brackets. */
const SHORTEST_TOO_DEEP_CHARS = 2 * MAX_NESTING;

/** The tone, or undefined for a line that humd drops: no JSON object with a `chi`, a lone surrogate, too deep. */
export function parseLine(line: string): Tone | undefined {
  const value = parseJson(line);
  if (!isTone(value)) return undefined;
  if (line.length > SHORTEST_TOO_DEEP_CHARS && isDeeperThan(MAX_NESTING, value)) return undefined;
  // Valid UTF-8 holds no surrogate: only an escape can smuggle one in.
  if (line.includes('\\u') && !isWellFormed(value)) return undefined;
  return value;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isTone(value: unknown): value is Tone {
  return (
    typeof value === 'object' &&
    value !== null &&
    'chi' in value &&
    typeof value.chi === 'string' &&
    value.chi !== ''
  );
}

/** Stops at the limit, so that no depth can exhaust the stack. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((field) => isDeeperThan(levels - 1, field));
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, field]) => key.isWellFormed() && isWellFormed(field));
}

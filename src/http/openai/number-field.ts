/** Number fields whose issues tell integers from decimals, which OpenAI's error codes do and zod's own do not. */
import { z } from 'zod';

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number within `bounds`, both included. Not limited to safe integers: seeds are 64 bits wide. */
export function integer(bounds: Bounds = {}) {
  return bounded('int', bounds);
}

/** Any finite number within `bounds`, both included. */
export function decimal(bounds: Bounds = {}) {
  return bounded('number', bounds);
}

function bounded(origin: 'int' | 'number', { min, max }: Bounds) {
  const field = z.unknown().transform((input, context): number => {
    if (typeof input !== 'number' || (origin === 'int' && !Number.isInteger(input))) {
      context.addIssue({ code: 'invalid_type', expected: origin, input });
      return z.NEVER;
    }
    if (min !== undefined && input < min) {
      context.addIssue({ code: 'too_small', origin, minimum: min, inclusive: true, input });
    }
    if (max !== undefined && input > max) {
      context.addIssue({ code: 'too_big', origin, maximum: max, inclusive: true, input });
    }
    return input;
  });
  // zod cannot see into a transform.
  return field.meta({
    type: origin === 'int' ? 'integer' : 'number',
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  });
}

/** Makes zod stop at the first thing that is wrong, which is the only one that is told. */
import type { z } from 'zod';

/**
 * For `safeParse`. Without it a list of a million wrong items makes a million issues: hundreds of megabytes, and more than
 * zod can put together. Objects stop too, so that other fields are not looked at any more. `async` is what zod sets in its copy:
 * a key that is there already makes the copy, which every request takes, cheap (half the time of a small body's check).
 */
export const STOP_AT_FIRST: z.core.ParseContextInternal<z.core.$ZodIssue> = {
  async: false,
  abortEarly: true,
};

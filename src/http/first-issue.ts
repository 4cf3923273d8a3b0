/** Makes zod stop at the first thing that is wrong, which is the only one that is told. */
import type { z } from 'zod';

/**
 * For `safeParse`. Without it a list of a million wrong items makes a million issues: hundreds of megabytes, and more than
 * zod can put together. Objects stop too, so that other fields are not looked at any more.
 */
export const STOP_AT_FIRST: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: true };

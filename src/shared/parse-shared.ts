/** Reads what some process of this project has written for others: now, or by an earlier version. */
import type { z } from 'zod';

/** Undefined for text that is no JSON, or has another shape. */
export function parseShared<T>(shape: z.ZodType<T>, json: string): T | undefined {
  try {
    return shape.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

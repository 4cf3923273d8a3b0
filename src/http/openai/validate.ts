/** Holds a body against the schema of its route. */
import type { z } from 'zod';
import { toFault } from './schema-fault.js';

/** `body` as `schema` reads it. Throws `bad-request` for the first thing that is wrong, in the schema's order. */
export function validate<Schema extends z.ZodType>(schema: Schema, body: object): z.output<Schema> {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  throw toFault(result.error);
}
